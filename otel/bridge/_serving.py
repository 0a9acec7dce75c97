"""Serving the bridge: a server that answers what is under way before it ends."""

from __future__ import annotations

import math
import socket

import uvicorn

from otel.bridge._application import Application

__all__ = ["server_of"]

# For the answers to be written, once delivery has ended at the flush timeout.
_ANSWERING = 2


class _Server(uvicorn.Server):
    def __init__(self, application: Application, flush_timeout: float) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                ws="none",
                lifespan="on",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=math.ceil(flush_timeout) + _ANSWERING,
            )
        )
        self._application = application

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let the bridge know first, so that delivery ends within the time that the server gives it."""
        self._application.drain()
        await super().shutdown(sockets)


def server_of(application: Application, flush_timeout: float) -> uvicorn.Server:
    """Return a server of the bridge, to be run with a bound socket.

    Args:
        application: the bridge.
        flush_timeout: seconds that requests under way have once it is to end.
    """
    return _Server(application, flush_timeout)
