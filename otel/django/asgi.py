"""ASGI lifespan support: delivers the last batch, because uvicorn exits without running `atexit`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import sync_to_async

from otel import pipeline
from otel.traces import flush_traces

__all__ = ["with_lifespan"]

Message = Any  # a mapping that each framework types differently
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


def with_lifespan(application: Application) -> Application:
    """Wrap an ASGI application so that the last events are delivered when its server stops.

    Django does not handle lifespan messages, and uvicorn re-raises SIGTERM after its own shutdown, so that
    `atexit` never runs (`otel.md` section 4).

    Args:
        application: the result of `get_asgi_application()`.
    """

    async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await application(scope, receive, send)
            return
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await sync_to_async(pipeline.flush, thread_sensitive=False)()
                await sync_to_async(flush_traces, thread_sensitive=False)()
                await send({"type": "lifespan.shutdown.complete"})
                return

    return wrapped
