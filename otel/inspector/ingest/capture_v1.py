"""PostHog's capture v1: required headers, and a result for each event (`wire.md` section 1.8, V1-1 to V1-17).

Sources: rust/capture/src/v1/analytics/handler.rs @00682b7, process.rs @01cfdef and response.rs @0d02edc.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from otel.inspector.capture import Incoming
from otel.inspector.failures import EventResult, Failure
from otel.inspector.ingest._events_v1 import (
    Detail,
    DroppedError,
    Event,
    check_uuids,
    parse_event,
    to_incoming,
)
from otel.inspector.ingest._headers import read_headers
from otel.inspector.ingest.decoding import decode_v1
from otel.inspector.ingest.messages import Answer, Refused, WireRequest
from otel.inspector.ingest.values.json_text import fail_parsing, parse_json
from otel.inspector.ingest.values.time_formats import parse_rfc3339
from otel.inspector.state import State
from otel.inspector.store.store import Store

__all__ = ["accept"]

_PERSONLESS = "person_processing_disabled"
# PostHog's details for a result on demand, if the failure has no body of its own.
_DETAILS: dict[EventResult, str] = {"drop": "rejected", "retry": "not_persisted", "warning": _PERSONLESS}
# The refusals of a whole batch, and the drops, that are ingestion warnings too. The other codes and details
# are not in PostHog's registry (rust/common/ingestion_warnings/warning_types.generated.json @0f20e19).
_WARNED = frozenset(
    {"duplicate_event_uuid", "empty_batch", "invalid_batch", "invalid_event_uuid", "missing_event_uuid"}
)
_WARNED_DETAILS = frozenset(Detail) - {
    Detail.DROPPED_PERFORMANCE_EVENT, Detail.EVENT_TOO_BIG, Detail.SERIALIZATION_FAILED
}  # fmt: skip


def accept(request: WireRequest, state: State) -> Answer:
    """Ingest the events of a capture v1 request and return the response, with a result for each event.

    Args:
        request: the request as received.
        state: the inspector's state, which stores the events.

    Raises:
        Refused: if PostHog would refuse the whole request, with PostHog's status and code.
    """
    now = datetime.now(UTC)
    headers = read_headers(request.headers)
    text, encoding = decode_v1(request)
    created_at, batch = _batch(parse_json(text, rule="V1-7"))
    if state.discard:
        state.store.count_only(len(batch))
        return _answer({_id(raw): {"result": "ok"} for raw in batch}, encoding)
    try:
        events = [parse_event(raw) for raw in batch]
        _check_batch(created_at, events)
        uuids = check_uuids(events)
    except Refused as refused:
        refused.events = len(batch)
        if refused.code in _WARNED:
            state.store.warn(refused.code, refused.reason, count=max(len(batch), 1), rule=refused.rule)
        raise
    failure = state.failures.for_events(event.name for event in events)
    results: dict[str, dict[str, str]] = {}
    incoming: list[Incoming] = []
    lost: dict[str, list[tuple[str, Event, str]]] = {}
    for uuid, event in zip(uuids, events, strict=True):
        told = failure if failure is not None and event.name in failure.events else None
        try:
            one = to_incoming(
                event, uuid, headers, now, is_too_frequent=told is not None and told.result == "warning"
            )
            if told is not None:
                _apply(told)
        except DroppedError as dropped:
            results[uuid] = {"result": "drop", "details": dropped.detail}
            _reject(state, request.path, event, dropped)
            lost.setdefault(dropped.detail, []).append((uuid, event, dropped.rule))
            continue
        results[uuid] = _result(told, one)
        if results[uuid]["result"] != "retry":
            incoming.append(one)
    _warn(state.store, lost)
    state.store.receive(incoming, now, request.path)
    return _answer(results, encoding)


def _batch(data: object) -> tuple[str, list[Any]]:
    """Return the batch's creation time and events; raise `Refused` for an invalid form (V1-7, V1-8)."""
    if not isinstance(data, dict):
        fail_parsing("the body is not an object", rule="V1-7")
    created_at, batch = data.get("created_at"), data.get("batch")
    if not isinstance(created_at, str):
        fail_parsing("`created_at` is missing or not a string", rule="V1-7")
    if not isinstance(batch, list):
        fail_parsing("`batch` is missing or not an array", rule="V1-7")
    if not isinstance(data.get("historical_migration", False), bool):
        fail_parsing("`historical_migration` is not a boolean", rule="V1-7")
    return created_at, batch


def _check_batch(created_at: str, events: list[Event]) -> None:
    if not events:
        raise Refused(400, "request batch is empty", code="empty_batch", rule="V1-9")
    if parse_rfc3339(created_at) is None:
        reason = f"invalid batch: created_at is not valid RFC 3339: {created_at}"
        raise Refused(400, reason, code="invalid_batch", rule="V1-9")


def _apply(told: Failure) -> None:
    if told.result == "drop":
        raise DroppedError(told.body or _DETAILS["drop"], "V1-16")


def _result(told: Failure | None, one: Incoming) -> dict[str, str]:
    if told is not None:
        return {"result": told.result, "details": told.body or _DETAILS[told.result]}
    if one.is_forced_personless:
        return {"result": "ok", "details": _PERSONLESS}  # some versions: "warning"
    return {"result": "ok"}


def _warn(store: Store, lost: dict[str, list[tuple[str, Event, str]]]) -> None:
    """Record one warning per detail, which names the event only if it is about a single one."""
    for detail, events in lost.items():
        if detail not in _WARNED_DETAILS:
            continue
        uuid, event, rule = events[0]
        if len(events) == 1:
            name, distinct_id = event.name[:200], event.distinct_id[:200]
            store.warn(
                detail, "1 event was dropped", event=name, distinct_id=distinct_id, uuid=uuid, rule=rule
            )
        else:
            store.warn(detail, f"{len(events)} events were dropped", count=len(events), rule=rule)


def _reject(state: State, route: str, event: Event, dropped: DroppedError) -> None:
    try:
        body = orjson.dumps(event.raw)
    except orjson.JSONEncodeError:  # nested too deeply
        body = orjson.dumps({name: event.raw[name] for name in ("event", "uuid")})
    state.store.reject(
        route=route,
        status=200,
        reason=dropped.detail,
        body=body,
        rule=dropped.rule,
        warning=dropped.detail if dropped.detail in _WARNED_DETAILS else "",
        event=event.name[:200],
        uuid=event.uuid,
        distinct_id=event.distinct_id[:200],
    )


def _id(raw: Any) -> str:
    return str(raw.get("uuid")) if isinstance(raw, dict) else ""


def _answer(results: dict[str, dict[str, str]], encoding: str) -> Answer:
    answer = Answer(200, orjson.dumps({"results": results}), events=len(results), encoding=encoding)
    if any(result["result"] == "retry" for result in results.values()):
        answer.headers["Retry-After"] = "1"
    return answer
