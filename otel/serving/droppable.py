"""Closing a connection without a response, as a failing network does. ASGI itself cannot express this."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["DroppableProtocol", "drop"]

# By the client's address, for all servers of the process. Only single dict operations, which are atomic.
_transports: dict[tuple[str, int], asyncio.Transport] = {}


class DroppableProtocol(H11Protocol):
    """An HTTP/1.1 protocol that remembers the client's transport for `drop`.

    Confined to the server's event loop.
    """

    _peer: tuple[str, int] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Remember the transport.

        Args:
            transport: transport of the new connection.
        """
        super().connection_made(transport)
        # Otherwise uvicorn logs each request if the program (a test, say) has a handler on the root logger.
        self.access_log = False
        self._peer = self.client
        if self._peer is not None:
            _transports[self._peer] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the transport.

        Args:
            exc: why the connection was lost; None if it was closed normally.
        """
        super().connection_lost(exc)
        if self._peer is not None:
            _transports.pop(self._peer, None)


async def drop(scope: Scope, receive: Receive) -> None:
    """Close a request's connection without a response.

    Args:
        scope: the request's ASGI scope.
        receive: the request's ASGI receive channel; the body must have been read.

    Raises:
        RuntimeError: if the server does not use `DroppableProtocol`.
    """
    client = scope.get("client")
    transport = _transports.get(tuple(client)) if client else None
    if transport is None:
        msg = "only a server that uses DroppableProtocol can drop a connection"
        raise RuntimeError(msg)
    transport.abort()
    # uvicorn answers 500 if an application returns without a response before it receives the disconnect.
    while (await receive())["type"] != "http.disconnect":
        pass
