"""Parsing and validation of an event of a capture v1 batch (V1-8 to V1-17).

Sources: rust/capture/src/v1/analytics/types.rs @00ddd03 and process.rs @01cfdef.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from otel.inspector.capture import Incoming
from otel.inspector.ingest._headers import Headers
from otel.inspector.ingest._options import OptionsError, read_options
from otel.inspector.ingest.messages import Refused
from otel.inspector.ingest.values.ids import canonical_uuid, is_illegal, trimmed
from otel.inspector.ingest.values.json_text import fail_parsing
from otel.inspector.ingest.values.time_formats import parse_rfc3339
from otel.inspector.ingest.values.timestamps import time_of_v1

__all__ = ["Detail", "DroppedError", "Event", "check_uuids", "parse_event", "to_incoming"]

_NAME_LIMIT = 200  # bytes
_DISTINCT_ID_LIMIT = 200  # bytes, where v0 counts characters
_SIZE_LIMIT = 1_000_000  # bytes; Kafka's limit (`wire.md` section 1.3)
_REQUIRED = ("event", "uuid", "distinct_id", "timestamp")
_OPTIONAL = ("session_id", "window_id")


class Detail(StrEnum):
    """PostHog's codes for the reasons why it drops an event."""

    DROPPED_PERFORMANCE_EVENT = "dropped_performance_event"
    MISSING_EVENT_NAME = "missing_event_name"
    EVENT_NAME_TOO_LONG = "event_name_too_long"
    MISSING_DISTINCT_ID = "missing_distinct_id"
    DISTINCT_ID_TOO_LARGE = "distinct_id_too_large"
    INVALID_EVENT_TIMESTAMP = "invalid_event_timestamp"
    MALFORMED_EVENT_PROPERTIES = "malformed_event_properties"
    INVALID_OPTIONS = "invalid_options"
    EVENT_TOO_BIG = "event_too_big"
    SERIALIZATION_FAILED = "serialization_failed"


class DroppedError(Exception):
    """Raised if PostHog drops one event of a batch.

    Args:
        detail: PostHog's code for the reason.
        rule: id of the rule that drops the event.
    """

    def __init__(self, detail: str, rule: str = "V1-11") -> None:
        super().__init__(detail)
        self.detail = str(detail)
        self.rule = rule


@dataclass(slots=True, frozen=True)
class Event:
    """An event whose fields have the types that PostHog requires.

    Args:
        raw: the event as sent.
        uuid: trimmed uuid, not validated yet.
        distinct_id: trimmed distinct id.
    """

    raw: dict[str, Any]
    uuid: str
    distinct_id: str

    @property
    def name(self) -> str:
        """The event's name; may be empty."""
        return str(self.raw["event"])


def parse_event(raw: object) -> Event:
    """Parse an event.

    Args:
        raw: parsed JSON.

    Raises:
        Refused: if PostHog's parser would fail (V1-8).
    """
    if not isinstance(raw, dict):
        fail_parsing("an event is not an object", rule="V1-8")
    for name in _REQUIRED:
        if not isinstance(raw.get(name), str):
            fail_parsing(f"`{name}` of an event is missing or not a string", rule="V1-8")
    for name in _OPTIONAL:
        if not isinstance(raw.get(name), str | None):
            fail_parsing(f"`{name}` of an event is not a string", rule="V1-8")
    return Event(raw, trimmed(raw["uuid"]), trimmed(raw["distinct_id"]))


def check_uuids(events: list[Event]) -> list[str]:
    """Return the uuids of a batch in canonical form, in the order of the events (V1-10).

    Args:
        events: parsed events.

    Raises:
        Refused: for the first uuid that is missing, malformed or a duplicate.
    """
    uuids: dict[str, None] = {}
    for event in events:
        if not event.uuid:
            reason = "event submitted without a uuid"
            raise Refused(400, reason, code="missing_event_uuid", rule="V1-10")
        uuid = canonical_uuid(event.uuid)
        if uuid is None:
            reason = f"invalid event uuid: {event.uuid[:100]}"
            raise Refused(400, reason, code="invalid_event_uuid", rule="V1-10")
        if uuid in uuids:
            reason = f"duplicate event uuid: {event.uuid}"
            raise Refused(400, reason, code="duplicate_event_uuid", rule="V1-10")
        uuids[uuid] = None
    return list(uuids)


def to_incoming(
    event: Event, uuid: str, headers: Headers, now: datetime, *, is_too_frequent: bool
) -> Incoming:
    """Validate an event and return it in the form in which PostHog stores it.

    Args:
        event: a parsed event.
        uuid: the event's uuid in canonical form.
        headers: headers of the request.
        now: when the request arrived, in UTC.
        is_too_frequent: whether PostHog's limit of events per distinct id is reached (V1-15). The inspector
            does not count; a failure on demand sets this.

    Raises:
        DroppedError: if PostHog drops the event.
    """
    time, properties = _validated(event)
    try:
        options = read_options(event.raw.get("options"))
    except OptionsError as error:
        raise DroppedError(Detail.INVALID_OPTIONS, "V1-12") from error
    skewed = not options.get("$ignore_sent_at", False)
    stored, time_rule = time_of_v1(time, now=now, sent_at=headers.sent_at if skewed else None)
    is_illegal_id = is_illegal(event.distinct_id)
    applied = {
        "V1-6": headers.lib is None,
        "V1-13": bool(options),
        "V1-14": is_illegal_id,
        "V1-15": is_too_frequent,
        "V1-17": "$set" in event.raw or "$set_once" in event.raw,
        "V1-18": event.distinct_id != event.raw["distinct_id"],
        time_rule: bool(time_rule),
    }
    stored_properties = properties | _appended(event.raw, options, headers)
    return Incoming(
        uuid=uuid,
        event=event.name,
        distinct_id=event.distinct_id,
        timestamp=stored,
        properties=_to_text(stored_properties),
        lib=" ".join(headers.lib or ()),
        warnings=_frequency_warning(event.distinct_id) if is_too_frequent else (),
        parsed=stored_properties,
        is_forced_personless=is_illegal_id or is_too_frequent,
        edge_rules=tuple(rule for rule, applies in applied.items() if applies),
    )


def _validated(event: Event) -> tuple[datetime, dict[str, Any]]:
    """Return the event's time and properties after the checks of V1-11, in PostHog's order."""
    if event.name == "$performance_event":
        raise DroppedError(Detail.DROPPED_PERFORMANCE_EVENT)
    if not event.name:
        raise DroppedError(Detail.MISSING_EVENT_NAME)
    if len(event.name.encode()) > _NAME_LIMIT:
        raise DroppedError(Detail.EVENT_NAME_TOO_LONG)
    if not event.distinct_id:
        raise DroppedError(Detail.MISSING_DISTINCT_ID)
    if len(event.distinct_id.encode()) > _DISTINCT_ID_LIMIT:
        raise DroppedError(Detail.DISTINCT_ID_TOO_LARGE)
    time = parse_rfc3339(event.raw["timestamp"])
    if time is None:
        rule = "TI-4" if _is_iso_8601(event.raw["timestamp"]) else "V1-11"
        raise DroppedError(Detail.INVALID_EVENT_TIMESTAMP, rule)
    properties = event.raw.get("properties", {})
    if not isinstance(properties, dict):
        raise DroppedError(Detail.MALFORMED_EVENT_PROPERTIES)
    return time, properties


def _is_iso_8601(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _appended(raw: dict[str, Any], options: dict[str, Any], headers: Headers) -> dict[str, Any]:
    """Return the properties that PostHog adds; they override the client's own."""
    appended = {f"${name}": raw[name] for name in _OPTIONAL if raw.get(name) is not None} | options
    if headers.lib is not None:
        appended["$lib"], appended["$lib_version"] = headers.lib
    return appended


def _to_text(properties: dict[str, Any]) -> bytes:
    try:
        text = orjson.dumps(properties)
    except orjson.JSONEncodeError as error:
        # PostHog stores any depth; orjson cannot serialize more than 254 levels.
        raise DroppedError(Detail.SERIALIZATION_FAILED, "V1-16") from error
    if len(text) > _SIZE_LIMIT:
        raise DroppedError(Detail.EVENT_TOO_BIG, "V1-16")
    return text


def _frequency_warning(distinct_id: str) -> tuple[tuple[str, str, str], ...]:
    message = f"too many events of {distinct_id!r}: stored without a person"
    return (("high_volume_distinct_id", message, "V1-15"),)
