"""Dropping a connection: what no ASGI application can do, and a failing network does."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["DroppableProtocol", "drop"]

_transports: dict[tuple[str, int], asyncio.Transport] = {}


class DroppableProtocol(H11Protocol):
    """HTTP/1.1 that remembers each client's transport for `drop`."""

    _peer: tuple[str, int] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Remember the transport.

        Args:
            transport: of the new connection.
        """
        super().connection_made(transport)
        # uvicorn logs each request as soon as the program (a test, say) has any handler at its root.
        self.access_log = False
        self._peer = self.client
        if self._peer is not None:
            _transports[self._peer] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the transport.

        Args:
            exc: why, if not in order.
        """
        super().connection_lost(exc)
        if self._peer is not None:
            _transports.pop(self._peer, None)


async def drop(scope: Scope, receive: Receive) -> None:
    """Close a request's connection without an answer.

    Args:
        scope: of the request.
        receive: of the request; its body must have been read.
    """
    client = scope.get("client")
    transport = _transports.get(tuple(client)) if client else None
    if transport is None:
        msg = "only the inspector's own server can drop a connection"
        raise RuntimeError(msg)
    transport.abort()
    # uvicorn answers 500 for an application that returns without an answer before it saw the end.
    while (await receive())["type"] != "http.disconnect":
        pass
