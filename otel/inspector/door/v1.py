"""PostHog's capture v1: required headers, and a result for each event (`wire.md` section 1.8)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson

from otel.inspector._answer import Answer, Refused, WireRequest
from otel.inspector._capture import Incoming
from otel.inspector._checks import is_illegal_id, warnings_of
from otel.inspector.door.decoding import decode_v1
from otel.inspector._state import State
from otel.inspector._time import parse_time, stored_time
from otel.inspector.door._tokens import check_token

__all__ = ["accept"]

_HEADERS = (
    "authorization", "posthog-sdk-info", "posthog-attempt", "posthog-request-id", "posthog-request-timestamp",
    "content-type", "user-agent",
)  # fmt: skip
_SDK_INFO_LIMIT = 200
_NAME_LIMIT = 200
_DISTINCT_ID_LIMIT = 200  # bytes, where v0 counts characters
_OPTIONS: Mapping[str, tuple[type, str]] = {
    "cookieless_mode": (bool, "$cookieless_mode"),
    "disable_skew_correction": (bool, "$ignore_sent_at"),
    "process_person_profile": (bool, "$process_person_profile"),
    "product_tour_id": (str, "$product_tour_id"),
}


class _Detail(StrEnum):
    """Why one event is dropped, in PostHog's words."""

    EVENT_NAME_TOO_LONG = "event_name_too_long"
    MISSING_EVENT_NAME = "missing_event_name"
    MISSING_DISTINCT_ID = "missing_distinct_id"
    DISTINCT_ID_TOO_LARGE = "distinct_id_too_large"
    INVALID_EVENT_TIMESTAMP = "invalid_event_timestamp"
    MALFORMED_EVENT_PROPERTIES = "malformed_event_properties"
    INVALID_OPTIONS = "invalid_options"


class _Dropped(Exception):  # noqa: N818 - an outcome, not an error
    """Raised where one event is dropped; the message is the detail of its result."""


def accept(request: WireRequest, state: State) -> Answer:
    """Take one request in, with a result for each event, or refuse it as a whole.

    Args:
        request: as it came.
        state: where the events are kept.

    Raises:
        Refused: with PostHog's status and code.
    """
    now = datetime.now(UTC)
    sent_at = _check_headers(request.headers)
    text, encoding = decode_v1(request)
    batch = _batch(text)
    if state.discard:
        state.store.count_only(len(batch))
        return _answer({_id(raw): {"result": "ok"} for raw in batch}, encoding)
    try:
        ids = _ids(batch)
    except Refused as refused:
        refused.events = len(batch)
        raise
    failure = state.failures.for_events(raw["event"] for raw in batch if isinstance(raw.get("event"), str))
    results: dict[str, dict[str, str]] = {}
    incoming: list[Incoming] = []
    for event_id, raw in zip(ids, batch, strict=True):
        if failure is not None and raw.get("event") in failure.events:
            result = {"result": failure.result, "details": failure.body or "told_to_fail"}
        else:
            result = {"result": "ok"}
        if result["result"] in ("ok", "warning"):
            try:
                one = _event(raw, event_id, request.headers["posthog-sdk-info"], now, sent_at)
            except _Dropped as dropped:
                result = {"result": "drop", "details": str(dropped)}
            else:
                incoming.append(one)
                if is_illegal_id(one.distinct_id):
                    result = {"result": "warning", "details": "person_processing_disabled"}
        if result["result"] == "drop":
            state.store.reject(route=request.path, status=200, reason=result["details"], body=_excerpt(raw))
        results[event_id] = result
    state.store.receive(incoming, now, request.path)
    return _answer(results, encoding)


def _excerpt(raw: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(raw)
    except orjson.JSONEncodeError:  # too deep to be written, which is what it is dropped for
        return orjson.dumps({name: raw.get(name) for name in ("event", "uuid")}, default=str)


def _answer(results: dict[str, dict[str, str]], encoding: str) -> Answer:
    answer = Answer(200, orjson.dumps({"results": results}), events=len(results), encoding=encoding)
    if any(result["result"] == "retry" for result in results.values()):
        answer.headers["Retry-After"] = "1"
    return answer


def _check_headers(headers: Mapping[str, str]) -> datetime:
    missing = [name for name in _HEADERS if not headers.get(name)]
    if missing:
        raise Refused(400, f"missing {', '.join(missing)}", code="missing_required_headers")
    scheme, _, token = headers["authorization"].partition(" ")
    if scheme.lower() != "bearer":
        raise Refused(401, "Authorization is no Bearer token", code="invalid_api_token")
    check_token(token)
    if headers["content-type"].partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "Content-Type is not application/json", code="unsupported_media_type")
    sent_at = parse_time(headers["posthog-request-timestamp"])
    checks = {
        "posthog-sdk-info": _is_sdk_info(headers["posthog-sdk-info"]),
        "posthog-attempt": headers["posthog-attempt"].isdecimal() and int(headers["posthog-attempt"][:9]) > 0,
        "posthog-request-id": _uuid(headers["posthog-request-id"]) is not None,
        "posthog-request-timestamp": sent_at is not None,
    }
    wrong = [name for name, is_right in checks.items() if not is_right]
    if wrong or sent_at is None:
        raise Refused(400, f"invalid {', '.join(wrong)}", code="invalid_header_value")
    return sent_at


def _is_sdk_info(text: str) -> bool:
    name, _, version = text.partition("/")
    return bool(name and version) and len(text) <= _SDK_INFO_LIMIT


def _uuid(value: object) -> str | None:
    try:
        return str(uuid.UUID(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _batch(text: bytes) -> list[Any]:
    if not text:
        raise Refused(400, "the body is empty", code="empty_body")
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Refused(400, str(error), code="request_parsing_error") from error
    batch = data.get("batch") if isinstance(data, dict) else None
    if not isinstance(batch, list):
        raise Refused(400, "batch is no array", code="request_parsing_error")
    if not batch:
        raise Refused(400, "the batch holds no event", code="empty_batch")
    return batch


def _id(raw: Any) -> str:
    return str(raw.get("uuid")) if isinstance(raw, dict) else ""


def _ids(batch: list[Any]) -> list[str]:
    ids: dict[str, None] = {}
    for raw in batch:
        if not isinstance(raw, dict):
            raise Refused(400, "an event is no object", code="invalid_batch")
        if not raw.get("uuid"):
            raise Refused(400, "an event has no uuid", code="missing_event_uuid")
        event_id = _uuid(raw["uuid"])
        if event_id is None:
            raise Refused(400, f"{raw['uuid']!r} is no uuid", code="invalid_event_uuid")
        if event_id in ids:
            raise Refused(400, f"{event_id} comes twice", code="duplicate_event_uuid")
        ids[event_id] = None
    return list(ids)


def _event(raw: dict[str, Any], event_id: str, sdk_info: str, now: datetime, sent_at: datetime) -> Incoming:
    name, distinct_id = raw.get("event"), raw.get("distinct_id")
    if not isinstance(name, str) or not name:
        raise _Dropped(_Detail.MISSING_EVENT_NAME)
    if len(name) > _NAME_LIMIT:
        raise _Dropped(_Detail.EVENT_NAME_TOO_LONG)
    if not isinstance(distinct_id, str) or not distinct_id.strip():
        raise _Dropped(_Detail.MISSING_DISTINCT_ID)
    if len(distinct_id.encode()) > _DISTINCT_ID_LIMIT:
        raise _Dropped(_Detail.DISTINCT_ID_TOO_LARGE)
    properties = raw.get("properties", {})
    if not isinstance(properties, dict):
        raise _Dropped(_Detail.MALFORMED_EVENT_PROPERTIES)
    properties = {**properties, **_lifted(raw)}
    lib, _, version = sdk_info.partition("/")
    properties |= {"$lib": lib, "$lib_version": version}
    if is_illegal_id(distinct_id):
        properties["$process_person_profile"] = False
    skewed = properties.get("$ignore_sent_at") is not True
    time, warning = stored_time(_timestamp(raw), now=now, sent_at=sent_at if skewed else None)
    warnings = [(warning, f"timestamp {raw.get('timestamp')!r} is not used")] if warning else []
    warnings.extend(warnings_of(name, distinct_id, properties))
    try:
        text = orjson.dumps(properties)
    except orjson.JSONEncodeError as error:
        raise _Dropped(_Detail.MALFORMED_EVENT_PROPERTIES) from error
    return Incoming(
        uuid=event_id,
        event=name,
        distinct_id=distinct_id,
        timestamp=time,
        properties=text,
        lib=f"{lib} {version}",
        warnings=tuple(warnings),
    )


def _timestamp(raw: dict[str, Any]) -> str:
    """Return the event's time; v1 asks for one with an offset, where v0 takes anything."""
    timestamp = raw.get("timestamp")
    try:
        if isinstance(timestamp, str) and datetime.fromisoformat(timestamp).tzinfo is not None:
            return timestamp
    except ValueError:
        pass
    raise _Dropped(_Detail.INVALID_EVENT_TIMESTAMP)


def _lifted(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the properties that v1 carries beside `properties`."""
    lifted: dict[str, Any] = {}
    for name in ("session_id", "window_id"):
        value = raw.get(name)
        if isinstance(value, str):
            lifted[f"${name}"] = value
        elif value is not None:
            raise _Dropped(_Detail.INVALID_OPTIONS)
    options = raw.get("options")
    if options is None:
        return lifted
    if not isinstance(options, dict):
        raise _Dropped(_Detail.INVALID_OPTIONS)
    for name, value in options.items():
        kind, property_name = _OPTIONS.get(name, (object, ""))
        if value is not None and not isinstance(value, kind):
            raise _Dropped(_Detail.INVALID_OPTIONS)
        if property_name and value is not None:
            lifted[property_name] = value
    return lifted
