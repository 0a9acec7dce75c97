"""Servers for local stand-ins of other services, in the foreground or in a thread."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from otel.serving.droppable import DroppableProtocol
from otel.serving.listening import running_server

__all__ = ["serve", "serving"]

# Seconds; a request that is delayed on demand does not hold up the end of a test.
_SHUTDOWN_TIMEOUT = 1


def _server_of(application: ASGIApp) -> uvicorn.Server:
    """Return a server for an application, to run with a bound socket.

    Args:
        application: the stand-in's ASGI application.
    """
    return uvicorn.Server(
        uvicorn.Config(
            application,
            http=DroppableProtocol,
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_SHUTDOWN_TIMEOUT,
        )
    )


def serve(application: ASGIApp, listening: socket.socket) -> None:
    """Serve an application until interrupted.

    Args:
        application: the stand-in's ASGI application.
        listening: the socket to serve on; closed at the end.
    """
    try:
        _server_of(application).run(sockets=[listening])
    except KeyboardInterrupt:
        pass  # uvicorn shuts down normally, then raises the interrupt again
    finally:
        listening.close()


@contextmanager
def serving(application: ASGIApp, listening: socket.socket, name: str) -> Iterator[int]:
    """Serve an application in a thread that ends with the block; yield the port.

    Args:
        application: the stand-in's ASGI application.
        listening: the socket to serve on; closed at the end of the block.
        name: name of the stand-in, for the thread and errors.

    Raises:
        NotStartedError: if the server does not start.
    """
    with running_server(_server_of(application), listening, name):
        yield listening.getsockname()[1]
