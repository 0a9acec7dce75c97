"""The ASGI lifespan: uvicorn ends a process without `atexit`, and with it the last batch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import sync_to_async

from otel import pipeline
from otel.traces import flush_traces

__all__ = ["with_lifespan"]

Message = Any  # a mapping, which each framework types in a way of its own
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


def with_lifespan(application: Application) -> Application:
    """Wrap an ASGI application so that the last events are delivered when its server stops.

    Django answers no lifespan messages itself, and uvicorn re-raises SIGTERM after its own shutdown, so that
    `atexit` never runs (`otel.md` section 4).

    Args:
        application: `get_asgi_application()`.
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
