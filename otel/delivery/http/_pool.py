"""The pool of connections to a host, through the proxy that the environment names."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import unquote
from urllib.request import getproxies, proxy_bypass

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import LocationParseError, LocationValueError
from urllib3.util import Url, make_headers, parse_url

__all__ = ["AbortableConnection", "AbortablePool", "AbortableTLSPool", "pool_of"]

# One connection serves the export thread; the others are for flushes and the bridge's threads. Connections
# beyond these work as well, but are not reused.
_MAX_IDLE = 8


def pool_of(
    host: str, in_flight: dict[int, AbortableConnection], tls: Mapping[str, str]
) -> tuple[str, Mapping[str, str], HTTPConnectionPool]:
    """Return the prefix of each request's path, the headers that a proxy requires, and a pool.

    The proxy is read from the same variables as in `requests`, and so in PostHog's own SDK: `HTTPS_PROXY`,
    `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in upper or lower case. Loopback is never reached through a
    proxy.

    Args:
        host: a URL such as `https://us.i.posthog.com`, with or without a path.
        in_flight: the connection that each thread uses; connections enter themselves.
        tls: files for TLS, with urllib3's names.

    Raises:
        LocationValueError: if the URL of the host or of the proxy is not valid.
    """
    url = parse_url(host)
    options: dict[str, Any] = {"maxsize": _MAX_IDLE}
    if url.scheme == "https":
        options |= {"cert_reqs": "CERT_REQUIRED", **tls}
    prefix, headers = (url.path or "").rstrip("/"), {}
    proxy = _proxy_of(url)
    manager = PoolManager()
    if proxy is not None:
        headers = make_headers(proxy_basic_auth=unquote(proxy.auth)) if proxy.auth else {}
        manager = ProxyManager(proxy._replace(auth=None).url, proxy_headers=headers)
        if url.scheme == "https":
            # They are sent when the tunnel is opened; the host must not see them.
            headers = {}
        else:
            prefix = f"{url.scheme}://{url.netloc}{prefix}"
    # urllib3 only calls them.
    manager.pool_classes_by_scheme = {
        "http": partial(AbortablePool, in_flight=in_flight),  # type: ignore[dict-item]
        "https": partial(AbortableTLSPool, in_flight=in_flight),  # type: ignore[dict-item]
    }
    return prefix, headers, manager.connection_from_host(url.host, url.port, url.scheme, options)


def _proxy_of(url: Url) -> Url | None:
    if _is_this_machine(url.host or "") or proxy_bypass(url.host or ""):
        return None
    proxies = getproxies()
    proxy = proxies.get(url.scheme or "http") or proxies.get("all")
    if not proxy:
        return None
    try:
        return parse_url(proxy if "://" in proxy else f"http://{proxy}")
    except LocationParseError:
        # Without the URL, which may hold a password.
        msg = "the address of the proxy cannot be read"
        raise LocationValueError(msg) from None


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


class AbortableConnection(HTTPConnection):
    """An HTTP connection that another thread can abort.

    Args:
        in_flight: the connection that each thread uses; this one enters itself.
    """

    def __init__(self, *args: Any, in_flight: dict[int, AbortableConnection], **kwargs: Any) -> None:
        self._in_flight = in_flight
        self._socket: socket.socket | None = None
        self._requests = 0
        self._is_aborted = False
        super().__init__(*args, **kwargs)

    @property
    def was_kept(self) -> bool:
        """Whether the connection was reused; the server may close an idle one at any time."""
        return self._requests > 1 and not self._is_aborted

    def connect(self) -> None:
        """Open the socket, or open it again after the server closed it."""
        self._requests = 0
        self._is_aborted = False
        super().connect()

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request in the calling thread."""
        self._in_flight[threading.get_ident()] = self
        if self.sock is None:
            self.connect()
        # Kept, because a connection gives up its socket while the last response is still being read from it.
        self._socket = self.sock
        self._requests += 1
        super().request(*args, **kwargs)

    def limit(self, seconds: float) -> None:
        """Set the timeout of the next read."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.settimeout(seconds)

    def abort(self) -> None:
        """Wake the thread that waits on the socket; closing the socket would not."""
        self._is_aborted = True
        if self._socket is not None:
            # The plain socket's shutdown: SSLSocket's discards the state that the other thread reads.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _AbortableTLSConnection(AbortableConnection, HTTPSConnection):
    """An HTTPS connection that another thread can abort."""


class AbortablePool(HTTPConnectionPool):
    """A pool of abortable HTTP connections."""

    ConnectionCls = AbortableConnection


class AbortableTLSPool(HTTPSConnectionPool):
    """A pool of abortable HTTPS connections."""

    ConnectionCls = _AbortableTLSConnection
