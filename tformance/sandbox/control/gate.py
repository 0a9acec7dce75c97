"""The gate in front of the services, which records requests and makes requests fail on demand."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from otel.serving.droppable import drop
from tformance.sandbox.control.failures import SERVICES, Failure
from tformance.sandbox.github.budget import Budget
from tformance.sandbox.github.limits import exceeded, secondary
from tformance.sandbox.world import World

__all__ = ["Gate"]

# The only path whose bodies are recorded, because tests read them; other bodies may contain secrets.
_NOTED = "/github/api/graphql"
_UNAVAILABLE = "<html><body><h1>503 Service Unavailable</h1></body></html>"


class Gate:
    """ASGI middleware that records requests and makes them fail on demand. Confined to one event loop.

    Args:
        app: the services.
        world: keeps the requests and the pending failures.
    """

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self._world = world
        # Set to end each waiting `timeout` early.
        self._released = asyncio.Event()

    def release(self) -> None:
        """Answer the requests that are waiting in a `timeout`."""
        released, self._released = self._released, asyncio.Event()
        released.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Record a request, then make it fail or pass it on."""
        path = scope["path"]
        service = path.split("/")[1] if scope["type"] == "http" else ""
        if service not in SERVICES:
            await self._app(scope, receive, send)
            return
        body = await Request(scope, receive).body()
        failure = self._world.failures.take(service, path)
        record = self._record(scope, service, body, failure)

        unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return unread.pop() if unread else await receive()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                record["status"] = message["status"]
            await send(message)

        if failure is not None and failure.kind == "drop":
            await drop(scope, receive)
            return
        if failure is not None and failure.kind == "timeout":
            if not await self._waited(failure.seconds, receive):
                return
            failure = None
        app = self._app if failure is None else _response(failure, path)
        await app(scope, replay, noting)

    def _record(self, scope: Scope, service: str, body: bytes, failure: Failure | None) -> dict[str, Any]:
        record = {
            "service": service,
            "method": scope["method"],
            "path": scope["path"],
            "body": body.decode(errors="replace") if scope["path"] == _NOTED else "",
            "failure": failure.kind if failure else None,
            "status": None,
            "at": self._world.clock.now().isoformat(),
        }
        self._world.requests.append(record)
        return record

    async def _waited(self, seconds: float, receive: Receive) -> bool:
        """Wait until the time is over or `release` is called; return False if the client disconnected."""
        gone = asyncio.ensure_future(receive())
        released = asyncio.ensure_future(self._released.wait())
        await asyncio.wait((gone, released), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        is_gone = gone.done()
        gone.cancel()
        released.cancel()
        return not is_gone


def _response(failure: Failure, path: str) -> Response:
    """Return a service's response for a failure."""
    is_slack_api = path.startswith("/slack/api/")
    match failure.kind:
        case "error":
            return JSONResponse({"message": "Server Error"}, 500)
        case "unavailable":
            return PlainTextResponse(_UNAVAILABLE, 503, media_type="text/html")
        case "malformed":
            return PlainTextResponse("<html>not what you expect", media_type="application/json")
        case "revoked" if is_slack_api:
            return JSONResponse({"ok": False, "error": "token_revoked"})
        case "revoked":
            return JSONResponse({"message": "Bad credentials", "status": "401"}, 401)
        case "denied" if is_slack_api:
            return JSONResponse({"ok": False, "error": "missing_scope"})
        case "denied":
            return JSONResponse({"message": "Resource not accessible", "status": "403"}, 403)
        case "rate_limit" if failure.service == "github":
            budget = Budget("graphql" if path.endswith("/graphql") else "core")
            budget.limit(0, failure.seconds)
            return exceeded(budget, 0)
        case "secondary_limit" if failure.service == "github":
            return secondary(failure.seconds)
        case _:
            # Slack and Jira have one limit each, and report it in the same way.
            slack, jira = {"ok": False, "error": "ratelimited"}, {"message": "Rate limit exceeded"}
            body = slack if is_slack_api else jira
            return JSONResponse(body, 429, {"Retry-After": str(round(failure.seconds))})
