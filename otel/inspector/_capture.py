"""A capture, as it is read from a request and as it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import orjson

__all__ = ["Incoming", "ReceivedCapture"]


@dataclass(slots=True, frozen=True)
class Incoming:
    """Be one valid event of a request, ready to be kept.

    Args:
        uuid: in canonical form.
        event: its name.
        distinct_id: whom it is attributed to.
        timestamp: the time that PostHog stores, RFC 3339 in UTC.
        properties: JSON text, with top-level `$set` and `$set_once` moved in as PostHog does.
        lib: name and version of the library that sent it.
        warnings: type and message of each ingestion warning.
        door_rules: ids of the rules by which the door changed the event, such as `V0-4`.
        is_forced_personless: whether the door switched off person processing (V1-14, V1-15), whatever
            `$process_person_profile` says.
    """

    uuid: str
    event: str
    distinct_id: str
    timestamp: str
    properties: bytes
    lib: str
    warnings: tuple[tuple[str, str], ...]
    door_rules: tuple[str, ...] = ()
    is_forced_personless: bool = False


class ReceivedCapture:
    """Be one capture that is kept. The properties stay JSON text, a fraction of the memory of a dict.

    Args:
        incoming: what was read.
        number: its position among all that were received, from 1.
        received_at: when the first delivery arrived, RFC 3339.
    """

    __slots__ = (
        "deliveries", "distinct_id", "event", "lib", "number", "properties_json", "received_at", "timestamp",
        "uuid", "warnings",
    )  # fmt: skip

    def __init__(self, incoming: Incoming, number: int, received_at: str) -> None:
        self.number = number
        self.uuid = incoming.uuid
        self.event = incoming.event
        self.distinct_id = incoming.distinct_id
        self.timestamp = incoming.timestamp
        # A copy: orjson's own bytes keep the buffer of 4 kB that it wrote into.
        self.properties_json = bytes(memoryview(incoming.properties))
        self.lib = incoming.lib
        self.warnings = incoming.warnings
        self.received_at = received_at
        self.deliveries = 1

    @property
    def properties(self) -> dict[str, Any]:
        """The properties, parsed anew at each call."""
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
            "warnings": [kind for kind, _ in self.warnings],
        }
