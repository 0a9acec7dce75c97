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
from otel.bridge._service import Bridge
from otel.bridge._signals import LOGS, TRACES, Signal
from otel.bridge.otlp.body import JSON, PROTOBUF
from otel.bridge.otlp.budget import LIMIT
from otel.bridge.otlp.refusal import Refused, over_budget
from otel.bridge.serving.uploads import UploadError, Uploads
from otel.events import Registry, default_registry
from otel.outcomes import Counters, ThrottledLogger
from otel.settings import Settings

__all__ = ["Application", "application"]

# A batch of 512 costs about 20 ms of the one core that Python uses, and PostHog answers within 0.3 s: 16
# requests keep the core busy. More would only wait in memory instead of in the Collector's queue.
_MAX_IN_FLIGHT = 16

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
        max_in_flight: the number of requests that are processed at the same time; further ones are answered
            with 429.
    """

    def __init__(self, bridge: Bridge, max_in_flight: int = _MAX_IN_FLIGHT) -> None:
        self._bridge = bridge
        self._max_in_flight = max_in_flight
        self._in_flight = 0
        self._uploads = Uploads()
        self._tokens = [f"Bearer {token}".encode() for token in bridge.settings.bridge_tokens]
        self._log = ThrottledLogger(time.monotonic)
        self._threads = ThreadPoolExecutor(max_in_flight, "otel-bridge")
        self._app = Starlette(
            routes=[
                Route("/v1/traces", self._traces, methods=["POST"]),
                Route("/v1/logs", self._logs, methods=["POST"]),
                Route("/v1/metrics", self._otlp_metrics, methods=["POST"]),
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
        if scope["type"] == "http":
            # A base URL with a slash at its end gives some senders' paths another one.
            scope["path"] = "/" + "/".join(filter(None, scope["path"].split("/")))
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

    async def _otlp_metrics(self, request: Request) -> Response:
        return await self._serve(None, request)

    async def _serve(self, signal: Signal | None, request: Request) -> Response:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        answer = await self._answered(signal, request, media_type)
        self._bridge.metrics.requests.labels(signal.name if signal else "metrics", answer.outcome).inc()
        return Response(answer.body, answer.status, answer.headers)

    def _refusal(self, request: Request, media_type: str) -> Answer | None:
        """Return an error response if the headers already say that a request cannot be accepted."""
        if not self._is_authorised(request):
            reason = "the bearer token is not the bridge's (POSTHOG_BRIDGE_TOKEN)"
            self._log.warning("token", "a sender was refused: %s", reason)
            return error_response(_UNAUTHORIZED, reason, media_type, "unauthorised", _RETRY_UNAUTHORIZED)
        if media_type not in (PROTOBUF, JSON):
            reason = f"Content-Type {media_type[:50]!r} is not supported; send {PROTOBUF} or {JSON}"
            return self._bridge.refuse(Refused(415, reason), media_type)
        if self._bridge.is_draining:
            return error_response(503, "the bridge is ending", media_type, "draining", RETRY_AFTER)
        return self._congestion(media_type)

    def _congestion(self, media_type: str) -> Answer | None:
        if self._in_flight >= self._max_in_flight:
            return error_response(429, "too many concurrent requests", media_type, "throttled", RETRY_AFTER)
        return None

    def _is_authorised(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").encode("latin-1", "replace")
        return not self._tokens or any(hmac.compare_digest(given, token) for token in self._tokens)

    async def _answered(self, signal: Signal | None, request: Request, media_type: str) -> Answer:
        refusal = self._refusal(request, media_type)
        try:
            body, size = await self._uploads.read(request, 0 if refusal is not None else LIMIT)
        except UploadError as error:
            answer = error_response(error.status, error.reason, media_type, error.outcome, RETRY_AFTER)
            answer.headers["Connection"] = "close"  # the rest of the body is not read
            return answer
        except ClientDisconnect:
            return error_response(503, "the sender disconnected", media_type, "gone", RETRY_AFTER)
        if refusal is not None:
            return refusal
        if size > LIMIT:
            return self._bridge.refuse(over_budget(f"the body has more than {LIMIT} bytes"), media_type)
        # An upload takes no place, so that slow senders do not keep others out.
        return self._congestion(media_type) or await self._processed(signal, request, media_type, body)

    async def _processed(
        self, signal: Signal | None, request: Request, media_type: str, body: bytes
    ) -> Answer:
        encoding = request.headers.get("content-encoding", "").strip().lower()
        work = partial(self._bridge.answer, signal, body, encoding, media_type)
        self._in_flight += 1
        self._bridge.metrics.in_flight.inc()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._in_flight -= 1
            self._bridge.metrics.in_flight.dec()

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
        max_in_flight: the number of requests that are processed at the same time; further ones are answered
            with 429.
    """
    bridge = Bridge(settings or Settings.from_environ(), registry, counters or Counters())
    return Application(bridge, max_in_flight)


async def _failed(_: Request, __: Exception) -> Response:
    answer = error_response(503, "the bridge failed; see its log", JSON, "failed", RETRY_AFTER)
    return Response(answer.body, answer.status, answer.headers)
