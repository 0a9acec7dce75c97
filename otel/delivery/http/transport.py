"""HTTP requests over one pool of connections, each with a time limit for the whole exchange."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version

import urllib3
from urllib3 import BaseHTTPResponse, HTTPConnectionPool
from urllib3.exceptions import HTTPError, ProtocolError

from otel._fork import call_in_child
from otel.delivery.http._pool import AbortableConnection, pool_of

__all__ = ["SDK", "Answer", "NoResponse", "Transport"]

# How this client names itself to PostHog: in User-Agent, and in PostHog-Sdk-Info of capture v1.
SDK = f"tformance-otel/{version('tformance-otel')}"

# A lost SYN is sent again after 1 s and after 3 s; a host that answers neither is down.
_MAX_CONNECT = 5.0
# Capture v1 answers about 100 bytes per event; a longer response does not come from PostHog.
_MAX_ANSWER = 8 * 1024 * 1024
_CHUNK = 64 * 1024
# `HTTPConnectionPool(host='…', port=1): ` and `[Errno 111] ` in urllib3's messages.
_INTERNALS = re.compile(
    r"<?\w+\(host=.*?\)(?:: |>,? ?)|\[Errno -?\d+\] |Failed to establish a new connection: "
)


class NoResponse(Exception):  # noqa: N818 - names what happened, as `queue.Empty` does
    """Raised if no complete response arrived: refused, reset, timed out, or an invalid certificate."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response.

    Args:
        status: the HTTP status.
        headers: a case-insensitive mapping.
        body: as received, not decompressed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class Transport:
    """The connections to one host. Thread-safe, and safe to use after a fork. Redirects are not followed.

    A forked child gets its own pool: two processes that write to one socket would mix their requests.

    The time of an exchange is bounded, except for two waits that Python's sockets leave unbounded: resolving
    the host's name, and a server that sends the response's headers byte by byte (`abort` ends that one).

    Args:
        host: a URL such as `https://us.i.posthog.com`; its path is the prefix of each request's path.
        tls: files for TLS, with urllib3's names (`ca_certs`, `cert_file`, `key_file`).
    """

    def __init__(self, host: str, tls: Mapping[str, str] | None = None) -> None:
        self._host = host
        self._tls = tls or {}
        self._prefix = ""
        self._more: Mapping[str, str] = {}
        self._pool: HTTPConnectionPool | None = None
        self._inherited: HTTPConnectionPool | None = None
        self._in_flight: dict[int, AbortableConnection] = {}
        call_in_child(self._after_fork)

    def post(self, path: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Answer:
        """Send one POST request and return the response, whatever its status.

        If the server has closed a pooled connection, the request is sent again immediately on a new one,
        which does not count as an attempt: there was no response, and if the server did read the request,
        PostHog deduplicates by uuid.

        Args:
            path: for example `/batch/`.
            body: the bytes to send.
            headers: in addition to `User-Agent`.
            timeout: seconds for the whole exchange.

        Raises:
            NoResponse: if no complete response arrived within the timeout.
        """
        deadline = time.monotonic() + timeout
        try:
            try:
                return self._exchange(path, body, headers, deadline)
            except ProtocolError as error:
                if not self._was_stale(error):
                    raise
                return self._exchange(path, body, headers, deadline)
        except HTTPError as error:
            raise NoResponse(self._describe(error)) from error
        except (OSError, ValueError) as error:
            # A URL or a header that cannot be sent; the message may quote the key.
            raise NoResponse(type(error).__name__) from error
        finally:
            self._in_flight.pop(threading.get_ident(), None)

    def abort(self, thread: int) -> None:
        """Abort the exchange of another thread, whose `post` then raises `NoResponse`.

        Args:
            thread: its `threading.get_ident()`.
        """
        connection = self._in_flight.get(thread)
        if connection is not None:
            connection.abort()

    def close(self) -> None:
        """Close the idle connections; a later `post` opens new ones."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def _exchange(self, path: str, body: bytes, headers: Mapping[str, str], deadline: float) -> Answer:
        left = max(deadline - time.monotonic(), 0.001)
        pool = self._open_pool()
        response = pool.urlopen(
            "POST",
            self._prefix + path,
            body=body,
            headers={"User-Agent": SDK, **headers, **self._more},
            retries=False,
            redirect=False,
            # A proxy gets the complete URL.
            assert_same_host=False,
            timeout=urllib3.Timeout(connect=min(left, _MAX_CONNECT), read=left, total=left),
            preload_content=False,
            decode_content=False,
        )
        try:
            return Answer(response.status, response.headers, self._read(response, deadline))
        except BaseException:
            response.close()
            raise
        finally:
            response.release_conn()

    def _open_pool(self) -> HTTPConnectionPool:
        if self._pool is None:
            # The pool is assigned last, because another thread may use it immediately.
            self._prefix, self._more, self._pool = pool_of(self._host, self._in_flight, self._tls)
        return self._pool

    def _read(self, response: BaseHTTPResponse, deadline: float) -> bytes:
        """Read chunk by chunk: a socket's timeout is for one read, and a slow server could go on for ever."""
        connection = self._in_flight[threading.get_ident()]
        body = bytearray()
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or len(body) > _MAX_ANSWER:
                msg = f"the response was not complete after {len(body)} bytes"
                raise ProtocolError(msg)
            connection.limit(left)
            chunk = response.read1(_CHUNK)
            if not chunk:
                return bytes(body)
            body += chunk

    def _was_stale(self, error: ProtocolError) -> bool:
        """Whether a reused connection broke before the first byte of a response."""
        connection = self._in_flight.get(threading.get_ident())
        cause = error.args[1] if len(error.args) > 1 else None
        return connection is not None and connection.was_kept and isinstance(cause, ConnectionError)

    def _describe(self, error: HTTPError) -> str:
        """Return what went wrong, without the representation of urllib3's own objects."""
        text = f"cannot reach {self._host}: {_INTERNALS.sub('', str(error))}"
        # The host may be any string; escape lone surrogates, which a log stream cannot encode.
        return text.encode(errors="backslashreplace").decode()

    def _after_fork(self) -> None:
        # The parent's pool is kept, neither closed nor collected: its lock may have been held at the fork,
        # and closing it would wait for ever.
        self._inherited, self._pool = self._pool or self._inherited, None
        self._in_flight = {}
