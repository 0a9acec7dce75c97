"""Posting to PostHog over one pool of connections: an answer comes back, or it was unreachable."""

from __future__ import annotations

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

# A lost SYN is sent again after 1 s and after 3 s; a host that answers neither is not there.
_MAX_CONNECT = 5.0
# Capture v1 answers about 100 bytes an event; what is longer than this was not said by PostHog.
_MAX_ANSWER = 8 * 1024 * 1024
_CHUNK = 64 * 1024


class NoResponse(Exception):  # noqa: N818 - says what PostHog was, as `urllib3` and `queue` do
    """Raised when no whole answer came: refused, reset, timed out, or a certificate that does not verify."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what PostHog answered.

    Args:
        status: the HTTP status.
        headers: looked up whatever their case.
        body: as received.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class Transport:
    """Post to one host; safe in threads and across forks, and never follows a redirect.

    A child gets a pool of its own: two processes that write to one socket mix their requests.

    The time of an exchange is bounded but for two waits that Python's sockets leave unbounded: resolving the
    host's name, and a server that sends its answer's headers byte by byte (`abort` ends that one).

    Args:
        host: an address, `https://us.i.posthog.com`; a path in it is put before each request's.
        tls: files for TLS, as urllib3 names them (`ca_certs`, `cert_file`, `key_file`).
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
        """Post once and return the answer, whatever its status.

        A pooled connection that the server had closed meanwhile is replaced at once and without counting as
        an attempt: nothing was answered on it, and should the request have been read all the same, PostHog
        dedupes it by uuid.

        Args:
            path: such as `/batch/`.
            body: the bytes to send.
            headers: beside `User-Agent`.
            timeout: seconds for the whole exchange.

        Raises:
            NoResponse: when no whole answer came within the timeout.
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
            # It names the host, which may be any text; a log takes none with lone surrogates.
            raise NoResponse(str(error).encode(errors="backslashreplace").decode()) from error
        except (OSError, ValueError) as error:
            # An address or a header that cannot be sent; the message may quote the key.
            raise NoResponse(type(error).__name__) from error
        finally:
            self._in_flight.pop(threading.get_ident(), None)

    def abort(self, thread: int) -> None:
        """Break off the exchange of another thread; its `post` raises `NoResponse`.

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
            # A proxy is asked for PostHog's whole address.
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
            # The pool last, which another thread may find at any moment.
            self._prefix, self._more, self._pool = pool_of(self._host, self._in_flight, self._tls)
        return self._pool

    def _read(self, response: BaseHTTPResponse, deadline: float) -> bytes:
        """Read chunk by chunk, because a socket's timeout is for one read: a slow server has no end."""
        connection = self._in_flight[threading.get_ident()]
        body = bytearray()
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or len(body) > _MAX_ANSWER:
                msg = f"the answer had no end after {len(body)} bytes"
                raise ProtocolError(msg)
            connection.limit(left)
            chunk = response.read1(_CHUNK)
            if not chunk:
                return bytes(body)
            body += chunk

    def _was_stale(self, error: ProtocolError) -> bool:
        """Whether a kept connection broke before the first byte of an answer."""
        connection = self._in_flight.get(threading.get_ident())
        cause = error.args[1] if len(error.args) > 1 else None
        return connection is not None and connection.was_kept and isinstance(cause, ConnectionError)

    def _after_fork(self) -> None:
        # The parent's pool is put aside, neither closed nor collected: its lock may have been held at the
        # fork, and closing would wait for it for ever.
        self._inherited, self._pool = self._pool or self._inherited, None
        self._in_flight = {}
