"""Parsing and validation of an event of a v0 request (V0-1 to V0-6, TI-1, UU-1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from otel.inspector.capture import Incoming
from otel.inspector.ingest.messages import Refused
from otel.inspector.ingest.values.ids import canonical_uuid, new_uuid7, trimmed
from otel.inspector.ingest.values.json_text import fail_parsing, to_text
from otel.inspector.ingest.values.timestamps import time_of_v0

__all__ = ["Event", "parse_event", "to_incoming"]

_DISTINCT_ID_LIMIT = 200  # characters (rust/common/types/src/event.rs @024dbbe)
_NAME_LIMIT = 200  # UTF-16 units (nodejs/src/utils/db/utils.ts @0423c69)
_TOKEN_NAMES = ("token", "$token", "api_key")
_ID_NAMES = ("distinct_id", "$distinct_id")
_WHOLE_NUMBERS = range(-(2**63), 2**63)
_TRUNCATED = "distinct_id_truncated"


@dataclass(slots=True, frozen=True)
class Event:
    """An event whose fields have the types that PostHog's RawEvent requires.

    Args:
        name: name of the event; may be empty.
        token: the project's key, if the event has one.
        distinct_id: any JSON value; None if the event has none.
        uuid: uuid in canonical form, or None if PostHog has to create one.
        timestamp: timestamp as sent.
        offset: milliseconds between the event and its arrival.
        properties: properties, including a top-level `$set` and `$set_once`.
        rules: ids of the rules that applied to the event's form.
    """

    name: str
    token: str | None
    distinct_id: object
    uuid: str | None
    timestamp: str | None
    offset: int | None
    properties: dict[str, Any]
    rules: tuple[str, ...]


def parse_event(raw: object) -> Event:
    """Parse an event.

    Args:
        raw: parsed JSON.

    Raises:
        Refused: if PostHog's parser would fail (V0-1).
    """
    if not isinstance(raw, dict):
        fail_parsing("an event is not an object")
    name = raw.get("event")
    if not isinstance(name, str):
        fail_parsing("missing field `event`")
    properties = raw.get("properties", {})
    if not isinstance(properties, dict):
        fail_parsing("`properties` is not an object")
    token = _aliased(raw, _TOKEN_NAMES)
    if not isinstance(token, str | None):
        fail_parsing("`api_key` is not a string")
    distinct_id = _aliased(raw, _ID_NAMES)
    offset = _optional(raw, "offset", int)
    if offset is not None and offset not in _WHOLE_NUMBERS:
        fail_parsing("`offset` does not fit into 64 bits")
    uuid, timestamp = _uuid(raw), _optional(raw, "timestamp", str)
    rules = ["V0-9"] if "$unset" in raw else []
    for update in ("$set", "$set_once"):
        beside = _optional(raw, update, dict)
        if beside is not None:
            inside = properties.get(update)
            if isinstance(inside, dict):
                rules.append("PP-7")
                beside = {**inside, **beside}
            properties[update] = beside
    in_properties = properties.get("token")
    return Event(
        name=name,
        token=in_properties if token is None and isinstance(in_properties, str) else token,
        distinct_id=properties.get("distinct_id") if distinct_id is None else distinct_id,
        uuid=uuid,
        timestamp=timestamp,
        offset=offset,
        properties=properties,
        rules=tuple(dict.fromkeys(rules)),
    )


def to_incoming(event: Event, now: datetime, sent_at: datetime | None) -> Incoming:
    """Validate an event and return it in the form in which PostHog stores it.

    Args:
        event: a parsed event.
        now: when the request arrived, in UTC.
        sent_at: when the request was sent, by the client's clock; None if unknown.

    Raises:
        Refused: for an empty name, no distinct id, or a cookieless mode that is not a boolean (V0-2, V0-3).
    """
    rules = [*event.rules]
    warnings: list[tuple[str, str, str]] = []
    if not event.name:
        raise Refused(400, "event submitted with an empty event name", rule="V0-2")
    properties = event.properties
    skewed = properties.get("$ignore_sent_at") is not True
    time, time_rule = time_of_v0(
        event.timestamp, now=now, sent_at=sent_at if skewed else None, offset=event.offset
    )
    if time_rule:
        rules.append(time_rule)
    if event.uuid is None:
        rules.append("UU-1")
    distinct_id = _distinct_id(event, rules, warnings)
    if not isinstance(properties.get("$cookieless_mode", False), bool):
        raise Refused(400, "event submitted with invalid cookieless mode", rule="V0-3")
    return Incoming(
        uuid=event.uuid or new_uuid7(_milliseconds(time)),
        event=_name(event, rules),
        distinct_id=distinct_id,
        timestamp=time,
        properties=to_text(properties),
        lib=f"{properties.get('$lib', '')} {properties.get('$lib_version', '')}".strip(),
        warnings=tuple(warnings),
        parsed=properties,
        edge_rules=tuple(rules),
    )


def _milliseconds(time: str) -> int:
    return max(0, int(datetime.fromisoformat(time).timestamp() * 1000))


def _distinct_id(event: Event, rules: list[str], warnings: list[tuple[str, str, str]]) -> str:
    value = event.distinct_id
    if value is None:
        raise Refused(400, "event submitted without a distinct_id", rule="V0-2")
    is_text = isinstance(value, str)
    distinct_id = value if isinstance(value, str) else to_text(value, is_sorted=True).decode()
    distinct_id = distinct_id.replace("\0", "\ufffd")
    inner = trimmed(distinct_id)
    if not inner:
        # Older versions say "with an empty distinct_id".
        raise Refused(400, "event submitted without a distinct_id", rule="V0-2")
    if not is_text or len(inner) < len(distinct_id):
        rules.append("V0-5")
    if len(distinct_id) > _DISTINCT_ID_LIMIT:
        rules.append("V0-4")
        warnings.append((_TRUNCATED, f"distinct_id is truncated to {_DISTINCT_ID_LIMIT} characters", "V0-4"))
    return distinct_id[:_DISTINCT_ID_LIMIT]


def _name(event: Event, rules: list[str]) -> str:
    if len(event.name) <= _NAME_LIMIT // 2:  # no character is longer than two units
        return event.name
    units = event.name.encode("utf-16-le")
    if len(units) <= 2 * _NAME_LIMIT:
        return event.name
    rules.append("V0-6")
    return units[: 2 * _NAME_LIMIT].decode("utf-16-le", errors="replace")


def _uuid(raw: dict[str, Any]) -> str | None:
    text: str | None = _optional(raw, "uuid", str)
    if not text:
        return None
    uuid = canonical_uuid(text)
    if uuid is None:
        fail_parsing(f"UUID parsing failed: {text[:100]!r}")
    return uuid


def _aliased(raw: dict[str, Any], names: tuple[str, ...]) -> object:
    """Return a field that has several names. For PostHog's parser, two of them are a duplicate field."""
    given = [name for name in names if name in raw]
    if len(given) > 1:
        fail_parsing(f"duplicate field `{names[0]}`: {', '.join(given)}")
    return raw[given[0]] if given else None


def _optional(raw: dict[str, Any], name: str, kind: type[Any]) -> Any:
    value = raw.get(name)
    if value is not None and type(value) is not kind:  # exactly: a bool is not an int here
        fail_parsing(f"`{name}` has the wrong type")
    return value
