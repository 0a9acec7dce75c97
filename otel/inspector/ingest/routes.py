"""PostHog's ingestion routes: reading the body, failing on demand, recording the request."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from otel.inspector.failures import Failure
from otel.inspector.ingest import capture_v0, capture_v1
from otel.inspector.ingest.decoding import BODY_LIMIT, decode_v0, decode_v1
from otel.inspector.ingest.messages import Answer, Refused, WireRequest
from otel.inspector.rfc3339 import rfc3339
from otel.inspector.state import State
from otel.serving.bodies import read_body
from otel.serving.droppable import drop

__all__ = ["ingestion_routes"]

_V0_ROUTES = ("/batch", "/i/v0/e", "/e", "/capture", "/track", "/engage", "/s")
_V1_ROUTE = "/i/v1/analytics/events"


def ingestion_routes(state: State) -> list[Route]:
    """Return the ingestion routes, with and without trailing slash.

    Args:
        state: the inspector's state, which stores the events.
    """
    by_v0, by_v1 = _Ingestion(state, is_v1=False), _Ingestion(state, is_v1=True)
    routes = [Route(path + slash, by_v0) for path in _V0_ROUTES for slash in ("", "/")]
    return [*routes, *(Route(_V1_ROUTE + slash, by_v1) for slash in ("", "/"))]


class _Dropped(Exception):  # noqa: N818 - an outcome, not an error
    """Raised if the connection must be closed without a response."""


class _Ingestion:
    """The ASGI application of the routes of v0 or of capture v1."""

    def __init__(self, state: State, *, is_v1: bool) -> None:
        self._state = state
        self._is_v1 = is_v1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.method == "OPTIONS":
            await Response(status_code=204)(scope, receive, send)
            return
        allowed = ("POST",) if self._is_v1 else ("GET", "HEAD", "POST")
        if request.method not in allowed:
            await Response(status_code=405)(scope, receive, send)
            return
        try:
            body, size = await read_body(request, BODY_LIMIT)
        except ClientDisconnect:
            return  # the client left, such as a page in a browser; PostHog ignores incomplete requests
        wire = WireRequest(
            "GET" if request.method == "HEAD" else request.method,
            request.url.path,
            dict(request.query_params),
            dict(request.headers),
            body,
        )
        try:
            answer = await self._answer(wire, size)
        except _Dropped:
            await drop(scope, receive)
            return
        response = Response(answer.body, answer.status, answer.headers, answer.media_type)
        await response(scope, receive, send)

    async def _answer(self, wire: WireRequest, size: int) -> Answer:
        arrived = datetime.now(UTC)
        failure = self._state.failures.for_request()
        if failure is None:
            answer = self._accept(wire, size)
            self._record(wire, arrived, size, answer, "")
            return answer
        await asyncio.sleep(failure.delay)
        answer = self._fail(failure, wire, size)
        lost = failure.drop or failure.lose_answer
        told = ("drop" * failure.drop) or ("lose_answer" * failure.lose_answer) or "fail"
        self._record(wire, arrived, size, answer, told)
        if lost:
            raise _Dropped
        return answer

    def _fail(self, failure: Failure, wire: WireRequest, size: int) -> Answer:
        if failure.drop:
            return Answer(0)
        if failure.status is None or failure.lose_answer:
            answer = self._accept(wire, size)
        else:
            media_type = "application/json" if failure.body.startswith(("{", "[")) else "text/plain"
            answer = Answer(failure.status, failure.body.encode(), media_type)
        if failure.retry_after is not None:
            answer.headers["Retry-After"] = f"{failure.retry_after:g}"
        return answer

    def _accept(self, wire: WireRequest, size: int) -> Answer:
        try:
            _check_size(size)
            accept = capture_v1.accept if self._is_v1 else capture_v0.accept
            return accept(wire, self._state)
        except Refused as refused:
            self._state.store.reject(
                route=wire.path,
                status=refused.status,
                reason=f"{refused.code}: {refused.reason}" if self._is_v1 else refused.reason,
                body=self._excerpt(wire),
                events=refused.events,
                rule=refused.rule,
            )
            return refused.as_json() if self._is_v1 else refused.as_text()

    def _excerpt(self, wire: WireRequest) -> bytes:
        try:
            return (decode_v1 if self._is_v1 else decode_v0)(wire)[0]
        except Refused:
            return wire.body

    def _record(self, wire: WireRequest, time: datetime, size: int, answer: Answer, told: str) -> None:
        if self._state.discard:
            return
        self._state.store.requests.append(
            {
                "time": rfc3339(time),
                "method": wire.method,
                "route": wire.path,
                "query": dict(wire.query),
                "encoding": answer.encoding,
                "status": answer.status,
                "told_to": told or None,
                "events": answer.events,
                "wire_bytes": size,
                "headers": {name: value for name, value in wire.headers.items() if name != "authorization"},
            }
        )


def _check_size(size: int) -> None:
    if size > BODY_LIMIT:
        raise Refused(
            413, f"maximum event size exceeded: {size} bytes", code="payload_too_large", rule="V0-7"
        )
