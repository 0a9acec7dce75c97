"""Captures: as read from a request, with the outcome at PostHog, and as kept by the inspector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, cast

import orjson

__all__ = ["Incoming", "IngestionWarning", "Outcome", "ReceivedCapture", "Verdict"]


class IngestionWarning(NamedTuple):
    """An ingestion warning about one event.

    Args:
        type: PostHog's name for the warning.
        message: what happened, in a sentence.
        rule: id of the rule that raises the warning.
    """

    type: str
    message: str
    rule: str = ""


@dataclass(slots=True, frozen=True)
class Incoming:
    """A valid event of a request, ready to be ingested.

    Args:
        uuid: the event's uuid, in canonical form.
        event: the event's name.
        distinct_id: id of the person that the event is attributed to.
        timestamp: the time that PostHog stores, RFC 3339 in UTC.
        properties: JSON text, with top-level `$set` and `$set_once` moved in as PostHog does.
        lib: name and version of the library that sent the event.
        warnings: type and message of each ingestion warning from the capture service, and the rule's id if
            it is known.
        parsed: the same properties, if the capture service has parsed them; saves parsing them again.
        is_forced_personless: whether the capture service switched person processing off, regardless of the
            event's own properties.
        edge_rules: ids of the rules by which the capture service changed the event, such as `V0-4`.
    """

    uuid: str
    event: str
    distinct_id: str
    timestamp: str
    properties: bytes
    lib: str
    warnings: tuple[tuple[str, str] | tuple[str, str, str], ...]
    parsed: Mapping[str, Any] | None = None
    is_forced_personless: bool = False
    edge_rules: tuple[str, ...] = ()


class Verdict(StrEnum):
    """An accepted event's fate at PostHog, from best to worst."""

    KEPT = "kept"
    """Stored, with every merge and update that the event asks for."""
    NOT_APPLIED = "not applied"
    """Stored, but without a merge or an update that the event asks for."""
    DETACHED = "detached"
    """Stored, but outside a group that the event names."""
    NO_ISSUE = "no issue"
    """Stored, but error tracking cannot read the event."""
    DROPPED = "dropped"
    """Not stored, although the client received a 200."""


@dataclass(slots=True, frozen=True)
class Outcome:
    """The outcome of an accepted event at PostHog.

    Args:
        verdict: the outcome in a word or two.
        rules: ids of the rules that decided the outcome, in the order they applied.
        warnings: all ingestion warnings, those of the capture service first.
        changed: properties that are stored with another value than the one sent; None means removed.
        issue: fingerprint of the issue that an `$exception` belongs to.
    """

    verdict: Verdict
    rules: tuple[str, ...] = ()
    warnings: tuple[IngestionWarning, ...] = ()
    changed: Mapping[str, Any] | None = None
    issue: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the `outcome` that `/inspector/good` shows."""
        return {
            "verdict": self.verdict.value,
            "rules": list(self.rules),
            "warnings": [one._asdict() for one in self.warnings],
            "changed": dict(self.changed or {}),
            "issue": self.issue,
        }


class ReceivedCapture:
    """A capture that the inspector keeps.

    The properties stay JSON text, which takes a fraction of the memory of a dict.

    Args:
        incoming: the event as read from the request.
        outcome: the event's outcome at PostHog.
        number: position among all received captures, from 1.
        received_at: when the first delivery arrived, RFC 3339.
    """

    __slots__ = (
        "deliveries", "distinct_id", "event", "lib", "number", "outcome", "properties_json", "received_at",
        "timestamp", "uuid",
    )  # fmt: skip

    def __init__(self, incoming: Incoming, outcome: Outcome, number: int, received_at: str) -> None:
        self.number = number
        self.uuid = incoming.uuid
        self.event = incoming.event
        self.distinct_id = incoming.distinct_id
        self.timestamp = incoming.timestamp
        # Copy the bytes: those from orjson keep their whole output buffer of 4 kB alive.
        self.properties_json = bytes(memoryview(incoming.properties))
        self.lib = incoming.lib
        self.outcome = outcome
        self.received_at = received_at
        self.deliveries = 1

    @property
    def is_stored(self) -> bool:
        """Whether PostHog's events table has the capture."""
        return self.outcome.verdict is not Verdict.DROPPED

    @property
    def properties(self) -> dict[str, Any]:
        """The properties as sent, parsed on each access."""
        return cast("dict[str, Any]", orjson.loads(self.properties_json))

    def as_json(self) -> dict[str, Any]:
        """Return the entry for `/inspector/good`, for orjson."""
        return {
            "number": self.number,
            "uuid": self.uuid,
            "event": self.event,
            "distinct_id": self.distinct_id,
            "timestamp": self.timestamp,
            "properties": orjson.Fragment(self.properties_json),
            "received_at": self.received_at,
            "deliveries": self.deliveries,
            "lib": self.lib,
            "warnings": [one.type for one in self.outcome.warnings],
            "outcome": self.outcome.as_json(),
        }
