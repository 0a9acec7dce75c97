"""PostHog's v0 ingestion: any of its routes, body shapes and encodings (`wire.md` sections 1.1 to 1.7)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from otel.inspector._answer import Answer, Refused, WireRequest
from otel.inspector._capture import Incoming
from otel.inspector._checks import warnings_of
from otel.inspector.door.decoding import decode_v0
from otel.inspector._failures import Failure
from otel.inspector._state import State
from otel.inspector._time import parse_time, stored_time
from otel.inspector.door._tokens import check_token

__all__ = ["accept"]

_DISTINCT_ID_LIMIT = 200  # characters; what is longer is cut (`wire.md` section 1.3)
_TOKEN_NAMES = ("token", "$token", "api_key")
_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NONE: Mapping[str, Any] = {}


@dataclass(slots=True, frozen=True)
class _Context:
    """What the events of one request share."""

    now: datetime
    sent_at: datetime | None


def accept(request: WireRequest, state: State) -> Answer:
    """Take one request in, or refuse it as PostHog would; one bad event rejects the whole request.

    Args:
        request: as it came.
        state: where the events are kept.

    Raises:
        Refused: with PostHog's status and text.
    """
    now = datetime.now(UTC)
    text, encoding = decode_v0(request)
    batch, sent_at, tokens = _shape(_json(text))
    if state.discard:
        state.store.count_only(len(batch))
        return _ok(request, len(batch), encoding)
    if not batch:
        raise Refused(400, "request holds no event")
    try:
        context = _Context(now, parse_time(sent_at) if sent_at else _query_time(request))
        incoming = [_event(raw, context) for raw in batch]
        _check_tokens(tokens or [_event_token(raw) for raw in batch])
        _told_to_fail(state, incoming)
    except Refused as refused:
        refused.events = len(batch)
        raise
    if request.path.rstrip("/") != "/s":
        # Session replay travels on its own way in PostHog, and is no capture.
        state.store.receive(incoming, now, request.path)
    return _ok(request, len(batch), encoding)


def _ok(request: WireRequest, events: int, encoding: str) -> Answer:
    if request.query.get("beacon") == "1":
        return Answer(204, events=events, encoding=encoding)
    return Answer(200, b'{"status":"Ok"}', events=events, encoding=encoding)


def _json(text: bytes) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Refused(400, f"failed to parse request: {error}") from error


def _shape(data: object) -> tuple[list[Any], str | None, list[object]]:
    """Return the events, `sent_at` and the token of a batch (empty if each event brings its own)."""
    if isinstance(data, list):
        return data, None, []
    if not isinstance(data, dict):
        raise Refused(400, "failed to parse request: neither an object nor an array")
    sent_at = data.get("sent_at")
    if sent_at is not None and not isinstance(sent_at, str):
        raise Refused(400, "failed to parse request: sent_at is no string")
    if "batch" not in data:
        return [data], sent_at, []
    batch = data["batch"]
    if not isinstance(batch, list):
        raise Refused(400, "failed to parse request: batch is no array")
    token = _first(data, _TOKEN_NAMES)
    return batch, sent_at, [token] if token is not None else []


def _query_time(request: WireRequest) -> datetime | None:
    milliseconds = request.query.get("_", "")
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC) if milliseconds else None
    except (ValueError, OverflowError, OSError):
        return None


def _event_token(raw: dict[str, Any]) -> object:
    token = _first(raw, _TOKEN_NAMES)
    return token if token is not None else raw.get("properties", _NONE).get("token")


def _first(data: Mapping[str, Any], names: tuple[str, ...]) -> object:
    return next((data[name] for name in names if data.get(name) is not None), None)


def _check_tokens(tokens: list[object]) -> None:
    """Refuse a token that PostHog would refuse; any other is a project of its own to it (`wire.md` 1.4)."""
    for token in tokens:
        if token is None:
            raise Refused(401, "event submitted without an api_key")
        if not isinstance(token, str):
            raise Refused(400, "failed to parse request: api_key is no string")
    distinct = {str(token).strip() for token in tokens}
    if len(distinct) > 1:
        raise Refused(401, "batch submitted with inconsistent api_key values")
    check_token(distinct.pop())


def _told_to_fail(state: State, incoming: list[Incoming]) -> None:
    failure: Failure | None = state.failures.for_events(one.event for one in incoming)
    if failure is not None:
        reason = failure.body or f"told to refuse {', '.join(failure.events)}"
        raise Refused(failure.status or 400, reason)


def _event(raw: object, context: _Context) -> Incoming:
    if not isinstance(raw, dict):
        raise Refused(400, "failed to parse request: an event is no object")
    warnings: list[tuple[str, str]] = []
    name = _name(raw)
    properties = _properties(raw, warnings)
    distinct_id = _distinct_id(raw, properties, warnings)
    cookieless = properties.get("$cookieless_mode")
    if cookieless is not None and not isinstance(cookieless, bool):
        raise Refused(400, "event submitted with an invalid cookieless mode flag")
    sent_at = None if properties.get("$ignore_sent_at") is True else context.sent_at
    time, late = stored_time(
        _optional(raw, "timestamp", str),
        now=context.now,
        sent_at=sent_at,
        offset=_optional(raw, "offset", int),
    )
    if late:
        warnings.append((late, f"timestamp {raw.get('timestamp')!r} is not used"))
    warnings.extend(warnings_of(name, distinct_id, properties))
    return Incoming(
        uuid=_uuid(raw),
        event=name,
        distinct_id=distinct_id,
        timestamp=time,
        properties=_to_text(properties),
        lib=f"{properties.get('$lib', '')} {properties.get('$lib_version', '')}".strip(),
        warnings=tuple(warnings),
    )


def _to_text(value: object) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        # PostHog's parser stops at 128 levels, orjson's writer at 254.
        raise Refused(400, f"failed to parse request: {error}") from error


def _name(raw: dict[str, Any]) -> str:
    name = raw.get("event")
    if not isinstance(name, str):
        raise Refused(400, "failed to parse request: missing field `event`")
    if not name:
        raise Refused(400, "event submitted with an empty event name")
    return name


def _properties(raw: dict[str, Any], warnings: list[tuple[str, str]]) -> dict[str, Any]:
    properties: dict[str, Any] = _optional(raw, "properties", dict) or {}
    for name in ("$set", "$set_once"):
        update = _optional(raw, name, dict)
        if update is not None:
            properties[name] = update
    if "$unset" in raw:
        warnings.append(("unset_ignored", "$unset outside of properties is ignored"))
    return properties


def _distinct_id(raw: dict[str, Any], properties: dict[str, Any], warnings: list[tuple[str, str]]) -> str:
    value = raw.get("distinct_id")
    if value is None:
        value = raw.get("$distinct_id")
    if value is None:
        value = properties.get("distinct_id")
    if value is None:
        raise Refused(400, "event submitted without a distinct_id")
    distinct_id = value if isinstance(value, str) else _to_text(value).decode()
    if "\0" in distinct_id:
        distinct_id = distinct_id.replace("\0", "\ufffd")
    if not distinct_id.strip():
        raise Refused(400, "event submitted with an empty distinct_id")
    if len(distinct_id) > _DISTINCT_ID_LIMIT:
        warnings.append(("distinct_id_truncated", f"distinct_id is cut to {_DISTINCT_ID_LIMIT} characters"))
    return distinct_id[:_DISTINCT_ID_LIMIT]


def _uuid(raw: dict[str, Any]) -> str:
    value = _optional(raw, "uuid", str)
    if not value:
        return str(uuid.uuid4())
    if _CANONICAL.fullmatch(value):
        return str(value)
    try:
        return str(uuid.UUID(value))
    except ValueError as error:
        raise Refused(400, f"failed to parse request: UUID parsing failed: {value!r}") from error


def _optional(raw: dict[str, Any], name: str, kind: type[Any]) -> Any:
    value = raw.get(name)
    if value is None or type(value) is kind:  # exactly: a bool is no int here
        return value
    raise Refused(400, f"failed to parse request: {name} is of a wrong type")
