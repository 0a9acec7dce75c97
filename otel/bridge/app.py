"""The bridge as an ASGI application: authorization, the limit of concurrent requests, health and metrics."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from otel.bridge._responses import RETRY_AFTER, Answer, error_response
from otel.bridge._service import LOGS, TRACES, Bridge, Signal
from otel.bridge.otlp.body import JSON, LIMIT, PROTOBUF
from otel.events import Registry, default_registry
from otel.outcomes import Counters, ThrottledLogger
from otel.serving.bodies import read_body
from otel.settings import Settings

__all__ = ["Application", "application"]

# A batch of 512 costs about 20 ms of the one core that Python uses, and PostHog answers within 0.3 s: 16
# requests keep the core busy. More would only wait in memory instead of in the Collector's queue.
_MAX_IN_FLIGHT = 16
# Seconds to upload a batch, within one network; a slower sender would block others.
_UPLOAD = 10.0

# The Collector permanently drops requests that are answered with 401 or 403, and a token is more likely
# mistyped than stolen. A wrong token gets nobody in, and with 503 a Collector keeps its events until the
# token is corrected.
_UNAUTHORIZED = 503
# An operator must correct the token.
_RETRY_UNAUTHORIZED = 60.0

_METRICS = "text/plain; version=0.0.4; charset=utf-8"


class Application:
    """An ASGI application that serves OTLP/HTTP for traces and logs. Confined to one event loop.

    Args:
        bridge: handles the requests, in threads.
        max_in_flight: the number of concurrent requests; further ones are answered with 429.
    """

    def __init__(self, bridge: Bridge, max_in_flight: int = _MAX_IN_FLIGHT) -> None:
        self._bridge = bridge
        self._max_in_flight = max_in_flight
        self._in_flight = 0
        self._tokens = [f"Bearer {token}".encode() for token in bridge.settings.bridge_tokens]
        self._log = ThrottledLogger(time.monotonic)
        self._threads = ThreadPoolExecutor(max_in_flight, "otel-bridge")
        self._app = Starlette(
            routes=[
                Route("/v1/traces", self._traces, methods=["POST"]),
                Route("/v1/logs", self._logs, methods=["POST"]),
                Route("/healthz", self._health),
                Route("/readyz", self._readiness),
                Route("/metrics", self._metrics),
            ],
            # The Collector drops requests that are answered with 500.
            exception_handlers={Exception: _failed},
            lifespan=self._lifespan,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's scope."""
        await self._app(scope, receive, send)

    def drain(self) -> None:
        """Accept no more requests, and let the running ones end within the flush timeout."""
        self._bridge.drain()

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            self._bridge.close()
            self._threads.shutdown(wait=False)

    async def _traces(self, request: Request) -> Response:
        return await self._serve(TRACES, request)

    async def _logs(self, request: Request) -> Response:
        return await self._serve(LOGS, request)

    async def _serve(self, signal: Signal, request: Request) -> Response:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        refusal = self._refusal(request, media_type)
        is_counted = refusal is None
        if is_counted:
            self._in_flight += 1
            self._bridge.metrics.in_flight.inc()
        try:
            answer = await self._answered(signal, request, media_type, refusal)
        finally:
            if is_counted:
                self._in_flight -= 1
                self._bridge.metrics.in_flight.dec()
        self._bridge.metrics.requests.labels(signal.name, answer.outcome).inc()
        return Response(answer.body, answer.status, answer.headers)

    def _refusal(self, request: Request, media_type: str) -> Answer | None:
        """Return an error response if the headers already say that a request cannot be accepted."""
        if not self._is_authorised(request):
            reason = "the bearer token is not the bridge's (POSTHOG_BRIDGE_TOKEN)"
            self._log.warning("token", "a sender was refused: %s", reason)
            return error_response(_UNAUTHORIZED, reason, media_type, "unauthorised", _RETRY_UNAUTHORIZED)
        if media_type not in (PROTOBUF, JSON):
            reason = f"Content-Type {media_type[:50]!r} is not supported; send {PROTOBUF} or {JSON}"
            return error_response(415, reason, media_type, "malformed")
        if self._bridge.is_draining:
            return error_response(503, "the bridge is ending", media_type, "draining", RETRY_AFTER)
        if self._in_flight >= self._max_in_flight:
            return error_response(429, "too many concurrent requests", media_type, "throttled", RETRY_AFTER)
        return None

    def _is_authorised(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").encode("latin-1", "replace")
        return not self._tokens or any(hmac.compare_digest(given, token) for token in self._tokens)

    async def _answered(
        self, signal: Signal, request: Request, media_type: str, refusal: Answer | None
    ) -> Answer:
        try:
            async with asyncio.timeout(_UPLOAD):
                body, size = await read_body(request, 0 if refusal is not None else LIMIT)
        except TimeoutError:
            return error_response(503, f"not sent within {_UPLOAD:.0f} s", media_type, "slow", RETRY_AFTER)
        except ClientDisconnect:
            return error_response(503, "the sender disconnected", media_type, "gone", RETRY_AFTER)
        if refusal is not None:
            return refusal
        if size > LIMIT:
            reason = f"the body has more than {LIMIT} bytes; send smaller batches"
            return error_response(413, reason, media_type, "malformed")
        encoding = request.headers.get("content-encoding", "").strip().lower()
        work = partial(self._bridge.answer, signal, body, encoding, media_type)
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _health(self, _: Request) -> Response:
        bridge = self._bridge
        state = "draining" if bridge.is_draining else "failing" if bridge.problem else "ok"
        return JSONResponse({"status": state, "problem": bridge.problem, "in_flight": self._in_flight})

    async def _readiness(self, _: Request) -> Response:
        bridge = self._bridge
        is_ready = not bridge.is_draining and bool(bridge.settings.api_key)
        return JSONResponse({"ready": is_ready, "problem": bridge.problem}, 200 if is_ready else 503)

    async def _metrics(self, _: Request) -> Response:
        return Response(self._bridge.metrics.text(), media_type=_METRICS)


def application(
    settings: Settings | None = None,
    registry: Registry = default_registry,
    *,
    counters: Counters | None = None,
    max_in_flight: int = _MAX_IN_FLIGHT,
) -> Application:
    """Return the bridge as an ASGI application.

    Args:
        settings: those of the environment by default.
        registry: the declared events.
        counters: the counts of delivered and lost events.
        max_in_flight: the number of concurrent requests; further ones are answered with 429.
    """
    bridge = Bridge(settings or Settings.from_environ(), registry, counters or Counters())
    return Application(bridge, max_in_flight)


async def _failed(_: Request, __: Exception) -> Response:
    answer = error_response(503, "the bridge failed; see its log", JSON, "failed", RETRY_AFTER)
    return Response(answer.body, answer.status, answer.headers)
