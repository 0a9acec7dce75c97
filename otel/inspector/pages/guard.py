"""Protection from other web pages, by a request's Host, Sec-Fetch-Site and Origin headers."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Guard"]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to


class Guard:
    """ASGI middleware that refuses requests from another site's page in a browser.

    A Host header that names another host is a sign of DNS rebinding. A request to `/inspector/` from another
    origin could read or reset the captures. Ingestion is open to other origins, as in PostHog.

    Args:
        app: the application to protect.
        host: address that the server is bound to; if bound to every address, the server accepts any host.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        own = f"[{host}]" if ":" in host else host
        self._hosts = None if host in _EVERYWHERE else _LOOPBACK | {own.lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with a 403."""
        if scope["type"] == "http":
            fault = self._fault(scope["path"], Headers(scope=scope))
            if fault:
                await PlainTextResponse(fault, status_code=403)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _fault(self, path: str, headers: Headers) -> str:
        host = headers.get("host", "")
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if self._hosts is not None and name.lower() not in self._hosts:
            return f"this inspector does not accept requests for the host {host!r}; see --host"
        if not path.startswith("/inspector/"):
            return ""
        site = headers.get("sec-fetch-site")
        if site not in (None, "same-origin", "none"):
            return "the inspector's API does not accept requests from other sites"
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != host:
            return "the inspector's API does not accept requests from other origins"
        return ""
