"""Connections that another thread can break off, and that know whether they were kept from before."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

__all__ = ["AbortableConnection", "AbortablePool", "AbortableTLSPool"]


class AbortableConnection(HTTPConnection):
    """Be a connection to PostHog.

    Args:
        in_flight: where it enters itself under the thread that uses it.
    """

    def __init__(self, *args: Any, in_flight: dict[int, AbortableConnection], **kwargs: Any) -> None:
        self._in_flight = in_flight
        self._socket: socket.socket | None = None
        self._requests = 0
        self._is_aborted = False
        super().__init__(*args, **kwargs)

    @property
    def was_kept(self) -> bool:
        """Whether it had carried an earlier request; the server may close such a one at any time."""
        return self._requests > 1 and not self._is_aborted

    def connect(self) -> None:
        """Open the socket, also again after the server closed it."""
        self._requests = 0
        self._is_aborted = False
        super().connect()

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request in the calling thread."""
        self._in_flight[threading.get_ident()] = self
        if self.sock is None:
            self.connect()
        # Kept, because a connection lets go of its socket while the last answer is still being read from it.
        self._socket = self.sock
        self._requests += 1
        super().request(*args, **kwargs)

    def limit(self, seconds: float) -> None:
        """Let the next read wait for at most this long."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.settimeout(seconds)

    def abort(self) -> None:
        """Wake the thread that waits on the socket; closing it here would not."""
        self._is_aborted = True
        if self._socket is not None:
            # The plain socket's shutdown, since SSLSocket's discards the state that the other thread reads.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _AbortableTLSConnection(AbortableConnection, HTTPSConnection):
    """Be a connection to PostHog over TLS."""


class AbortablePool(HTTPConnectionPool):
    """Keep connections of ours."""

    ConnectionCls = AbortableConnection


class AbortableTLSPool(HTTPSConnectionPool):
    """Keep connections of ours over TLS."""

    ConnectionCls = _AbortableTLSConnection
