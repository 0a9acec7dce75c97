"""A socket of what is served on this machine, its address, and a thread that serves on it."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

__all__ = ["NotStartedError", "listen", "listen_or_explain", "running_server", "url_of"]

_START_TIMEOUT = 10.0


class NotStartedError(RuntimeError):
    """Raised if a server does not start."""


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    `socket.create_server` leaves the protocol at 0, for which asyncio does not set TCP_NODELAY: an answer of
    headers and body then waits 40 ms for a delayed acknowledgement.

    Args:
        host: an address or name.
        port: 0 takes a free one.

    Raises:
        OSError: if the address cannot be bound.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, _, _, address = found[0]
    listening = socket.socket(family, kind, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    return listening


def listen_or_explain(name: str, host: str, port: int) -> socket.socket | None:
    """Return a listening socket; None if there is none, which is said on standard error.

    Args:
        name: of what is to be served.
        host: an address or name.
        port: 0 takes a free one.
    """
    try:
        return listen(host, port)
    except OSError as error:
        reason = error.strerror or str(error)
        print(
            f"The {name} cannot listen on {host} port {port}: {reason}.\n"
            "Is one running already? Choose another port with --port.",
            file=sys.stderr,
        )
        return None


def url_of(listening: socket.socket) -> str:
    """Return the address of what is served on a socket.

    Args:
        listening: the socket.
    """
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


@contextmanager
def running_server(server: uvicorn.Server, listening: socket.socket, name: str) -> Iterator[None]:
    """Run a server in a thread that ends with the block.

    Args:
        server: of an application.
        listening: where; closed at the end.
        name: of what is served.

    Raises:
        NotStartedError: if it does not start.
    """
    # A daemon: a test session that is interrupted ends all the same.
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name=name, daemon=True)
    try:
        thread.start()
        deadline = time.monotonic() + _START_TIMEOUT
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                msg = f"the {name} did not start"
                raise NotStartedError(msg)
            time.sleep(0.005)
        yield
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
