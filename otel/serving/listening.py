"""Listening sockets, their URLs, and servers that run in a thread."""

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

    This function does not use `socket.create_server`, which leaves the protocol at 0. For protocol 0 asyncio
    does not set TCP_NODELAY, so that a response's body waits 40 ms for the delayed acknowledgement of its
    headers.

    Args:
        host: address or host name to bind.
        port: port to bind; 0 picks a free one.

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
    """Return a listening socket, or explain on standard error what went wrong and return None.

    Args:
        name: name of the server, for the message.
        host: address or host name to bind.
        port: port to bind; 0 picks a free one.
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
    """Return the URL of a server on a listening socket.

    Args:
        listening: a listening TCP socket.
    """
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


@contextmanager
def running_server(server: uvicorn.Server, listening: socket.socket, name: str) -> Iterator[None]:
    """Run a server in a thread that ends with the block.

    Args:
        server: the server to run.
        listening: the socket to serve on; closed at the end of the block.
        name: name of the thread, and of the server in an error.

    Raises:
        NotStartedError: if the server does not start within 10 s.
    """
    # A daemon thread does not keep an interrupted test session alive.
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
