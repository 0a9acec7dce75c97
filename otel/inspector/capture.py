"""A capture: as it is read from a request, what PostHog makes of it, and as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, cast

import orjson

__all__ = ["Incoming", "Outcome", "ReceivedCapture", "Verdict", "Warned"]


class Warned(NamedTuple):
    """An ingestion warning of one event.

    Args:
        type: PostHog's name for it.
        message: what happened, in a sentence.
        rule: the id of the rule that gives it.
    """

    type: str
    message: str
    rule: str = ""


@dataclass(slots=True, frozen=True)
class Incoming:
    """One valid event of a request, ready to be kept.

    Args:
        uuid: in canonical form.
        event: its name.
        distinct_id: whom it is attributed to.
        timestamp: the time that PostHog stores, RFC 3339 in UTC.
        properties: JSON text, with top-level `$set` and `$set_once` moved in as PostHog does.
        lib: name and version of the library that sent it.
        warnings: type and message of each ingestion warning that the door gives, and the rule's id if known.
        parsed: the same properties, if the door has them parsed; saves parsing them again.
        is_forced_personless: whether the door switched person processing off, whatever the event says.
        door_rules: ids of the rules by which the door changed the event, such as `V0-4`.
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
    door_rules: tuple[str, ...] = ()


class Verdict(StrEnum):
    """What PostHog does with an accepted event, from the best outcome to the worst."""

    KEPT = "kept"
    """Stored, and all that it asks for took place."""
    NOT_APPLIED = "not applied"
    """Stored, but a merge or an update that it asks for did not take place."""
    DETACHED = "detached"
    """Stored, but outside a group that it names."""
    NO_ISSUE = "no issue"
    """Stored, but error tracking cannot read it."""
    DROPPED = "dropped"
    """Not stored, although the client got its 200."""


@dataclass(slots=True, frozen=True)
class Outcome:
    """What PostHog makes of an event after it was accepted.

    Args:
        verdict: in one word.
        rules: ids of the rules that decided, in the order they applied.
        warnings: all ingestion warnings, those of the door first.
        changed: properties that are stored with another value than the one sent; None is a removed one.
        issue: the fingerprint of the issue that an `$exception` belongs to.
    """

    verdict: Verdict
    rules: tuple[str, ...] = ()
    warnings: tuple[Warned, ...] = ()
    changed: Mapping[str, Any] | None = None
    issue: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what `/inspector/good` shows as `outcome`."""
        return {
            "verdict": self.verdict.value,
            "rules": list(self.rules),
            "warnings": [one._asdict() for one in self.warnings],
            "changed": dict(self.changed or {}),
            "issue": self.issue,
        }


class ReceivedCapture:
    """A capture that is kept. The properties stay JSON text, a fraction of the memory of a dict.

    Args:
        incoming: what was read.
        outcome: what PostHog makes of it.
        number: its position among all that were received, from 1.
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
        # A copy: orjson's own bytes keep the buffer of 4 kB that it wrote into.
        self.properties_json = bytes(memoryview(incoming.properties))
        self.lib = incoming.lib
        self.outcome = outcome
        self.received_at = received_at
        self.deliveries = 1

    @property
    def is_stored(self) -> bool:
        """Whether PostHog has it in its events table."""
        return self.outcome.verdict is not Verdict.DROPPED

    @property
    def properties(self) -> dict[str, Any]:
        """The properties as sent, parsed at each call."""
        return cast("dict[str, Any]", orjson.loads(self.properties_json))

    def as_json(self) -> dict[str, Any]:
        """Return what `/inspector/good` lists, for orjson."""
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
