"""Serving a stand-in on this machine: its server, and a thread that ends with a block."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from otel.serving.droppable import DroppableProtocol
from otel.serving.listening import running_server

__all__ = ["serve", "serving"]

# Requests that were told to be slow do not hold up the end of a test.
_SHUTDOWN_TIMEOUT = 1


def _server_of(application: ASGIApp) -> uvicorn.Server:
    """Return a server of an application, to be run with a bound socket.

    Args:
        application: the stand-in.
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
    """Serve until interrupted.

    Args:
        application: the stand-in.
        listening: where; closed at the end.
    """
    try:
        _server_of(application).run(sockets=[listening])
    except KeyboardInterrupt:
        pass  # uvicorn ends in order, and then raises what it was ended by
    finally:
        listening.close()


@contextmanager
def serving(application: ASGIApp, listening: socket.socket, name: str) -> Iterator[int]:
    """Serve in a thread that ends with the block; give the port.

    Args:
        application: the stand-in.
        listening: where; closed at the end.
        name: of what is served.

    Raises:
        NotStartedError: if it does not start.
    """
    with running_server(_server_of(application), listening, name):
        yield listening.getsockname()[1]
