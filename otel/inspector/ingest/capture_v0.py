"""PostHog's v0 ingestion, in which one bad event rejects the whole request (V0-1 to V0-9).

Sources: rust/capture/src/v0_request.rs @f12243d, events/analytics.rs @006ae06 and utils.rs @027cd53.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from otel.inspector.failures import Failure
from otel.inspector.ingest._events_v0 import Event, parse_event, to_incoming
from otel.inspector.ingest._tokens import check_token
from otel.inspector.ingest.decoding import decode_v0
from otel.inspector.ingest.messages import Answer, Refused, WireRequest
from otel.inspector.ingest.values.json_text import fail_parsing, parse_json
from otel.inspector.ingest.values.time_formats import parse_time
from otel.inspector.state import State

__all__ = ["accept"]

_EPOCH_YEAR = 2020  # a `?_=` before 2021 is probably in seconds, and ignored (v0_request.rs)
_UNWANTED = "$performance_event"


@dataclass(slots=True, frozen=True)
class _Body:
    """The body of a request, before its events are parsed."""

    events: list[object]
    sent_at: str | None = None
    token: str | None = None


def accept(request: WireRequest, state: State) -> Answer:
    """Ingest the events of a v0 request and return the response.

    Args:
        request: the request as received.
        state: the inspector's state, which stores the events.

    Raises:
        Refused: if PostHog would refuse the request, with PostHog's status and text.
    """
    now = datetime.now(UTC)
    text, encoding = decode_v0(request)
    body = _body(parse_json(text, rule="V0-1"), is_engage=request.path.startswith("/engage"))
    if state.discard:
        state.store.count_only(len(body.events))
        return _ok(request, len(body.events), encoding)
    try:
        events = _wanted(state, request.path, [parse_event(one) for one in body.events])
        if events:
            check_token(_shared_token(events) if body.token is None else body.token)
        sent_at = _sent_at(body.sent_at, now) or _query_time(request)
        incoming = [to_incoming(one, now, sent_at) for one in events]
        _fail_on_demand(state, events)
    except Refused as refused:
        refused.events = len(body.events)
        raise
    if request.path.rstrip("/") != "/s":
        # PostHog processes session replay separately; a replay is not a capture.
        state.store.receive(incoming, now, request.path)
    return _ok(request, len(body.events), encoding)


def _ok(request: WireRequest, events: int, encoding: str) -> Answer:
    if request.query.get("beacon") == "1":
        return Answer(204, events=events, encoding=encoding)
    return Answer(200, b'{"status":"Ok"}', events=events, encoding=encoding)


def _body(data: object, *, is_engage: bool) -> _Body:
    if isinstance(data, list):
        body = _Body(data)
    elif not isinstance(data, dict):
        fail_parsing("neither an object nor an array")
    elif "batch" in data and "event" not in data:
        body = _batch(data)
    elif is_engage and "event" not in data:
        body = _Body([data | {"event": "$identify"}])  # PostHog's oldest route for persons
    else:
        body = _Body([data])
    if not body.events:
        raise Refused(400, "request holds no event", rule="V0-1")
    return body


def _batch(data: dict[str, Any]) -> _Body:
    token, sent_at, events = data.get("token", data.get("api_key")), data.get("sent_at"), data["batch"]
    if not isinstance(token, str) or ("token" in data and "api_key" in data):
        fail_parsing("a batch needs one `api_key`, a string")
    if not isinstance(sent_at, str | None):
        fail_parsing("`sent_at` is not a string")
    if not isinstance(data.get("historical_migration"), bool | None):
        fail_parsing("`historical_migration` is not a boolean")
    if not isinstance(events, list):
        fail_parsing("`batch` is not an array")
    return _Body(events, sent_at, token)


def _wanted(state: State, path: str, events: list[Event]) -> list[Event]:
    """Return the events without those that PostHog discards silently (V0-8)."""
    wanted = [one for one in events if one.name != _UNWANTED]
    for _ in range(len(events) - len(wanted)):
        state.store.reject(
            route=path, status=200, reason=f"{_UNWANTED} is discarded", body=_UNWANTED.encode(), rule="V0-8"
        )
    return wanted


def _shared_token(events: list[Event]) -> str:
    tokens = {one.token for one in events if one.token is not None}
    if not tokens:
        raise Refused(401, "event submitted without an api_key")
    if len(tokens) > 1:
        raise Refused(401, "batch submitted with inconsistent api_key values")
    return tokens.pop()


def _sent_at(text: str | None, now: datetime) -> datetime | None:
    """Return the body's time of sending, or None; PostHog ignores a time without an offset."""
    if not text:
        return None
    try:
        has_offset = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return None
    return parse_time(text, now) if has_offset else None


def _query_time(request: WireRequest) -> datetime | None:
    milliseconds = request.query.get("_", "")
    try:
        sent_at = datetime.fromtimestamp(int(milliseconds) / 1000, UTC) if milliseconds else None
    except (ValueError, OverflowError, OSError):
        return None
    return sent_at if sent_at is not None and sent_at.year > _EPOCH_YEAR else None


def _fail_on_demand(state: State, events: list[Event]) -> None:
    failure: Failure | None = state.failures.for_events(one.name for one in events)
    if failure is not None:
        reason = failure.body or f"told to refuse {', '.join(failure.events)}"
        raise Refused(failure.status or 400, reason)
