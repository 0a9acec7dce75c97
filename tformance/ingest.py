"""The browser's way to PostHog through our own origin, where no reverse proxy does it."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Iterator

import httpx
from django.core.handlers.asgi import ASGIRequest

from otel.django.asgi import Application, Message, Receive, Send
from otel.django.consent import refuses

__all__ = ["with_ingest"]

# Events, recordings and flags. Never a GET of PostHog's scripts, which would run as our own here.
_PATHS = re.compile(r"/(e|i/v0/e|s|flags)/")

# posthog-js splits a session's recording at 7 MB, before it compresses it.
_MOST_BYTES = 8 * 1024 * 1024

# Seconds. A browser has six connections to us: those that wait for PostHog are not there for the pages.
_TIMEOUT = httpx.Timeout(10, connect=2)

# What PostHog reads of a request. Never a cookie, nor the Referer, in which a raw address stands.
_SENT = (b"accept-encoding", b"content-encoding", b"content-length", b"content-type", b"user-agent")
# What posthog-js reads of an answer.
_RECEIVED = (b"cache-control", b"content-encoding", b"content-length", b"content-type", b"retry-after")
# Whatever PostHog answers, at our origin it is data and no page.
_HARMLESS = [
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"x-content-type-options", b"nosniff"),
]


class _RefusedError(Exception):
    """Raised where a request's body is too long, or ends before its time."""

    def __init__(self, status: int) -> None:
        self.status = status


def with_ingest(application: Application, path: str, host: str) -> Application:
    """Wrap an ASGI application so that it passes what posthog-js sends on to PostHog.

    It stands outside of Django, whose sessions and spans are not for this.

    Args:
        application: what answers everything else.
        path: the first-party path, such as `/ph`.
        host: PostHog's ingestion address.
    """
    client = httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False, follow_redirects=False)

    async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(f"{path}/"):
            status = await _pass_on(client, host, scope, scope["path"][len(path) :], receive, send)
            if status is not None:
                await _answer(send, status)
            return
        await application(scope, receive, send)
        if scope["type"] == "lifespan":
            await client.aclose()

    return wrapped


async def _pass_on(
    client: httpx.AsyncClient, host: str, scope: Message, path: str, receive: Receive, send: Send
) -> int | None:
    """Pass a request on, and its answer back; return the status where there is no answer to pass."""
    if scope["method"] != "POST" or not _PATHS.fullmatch(path):
        return 404
    if refuses(ASGIRequest(scope, io.BytesIO())):
        return 204
    headers = dict(scope["headers"])
    if int(headers.get(b"content-length", b"0")) > _MOST_BYTES:
        return 413
    request = client.build_request(
        "POST",
        httpx.URL(f"{host}{path}", query=scope["query_string"] or None),
        headers=list(_sent(scope, headers)),
        content=_body(receive),
    )
    try:
        answer = await client.send(request, stream=True)
    except _RefusedError as refused:
        return refused.status
    except httpx.HTTPError:
        return 502
    try:
        await _pass_back(answer, send)
    finally:
        await answer.aclose()
    return None


def _sent(scope: Message, headers: dict[bytes, bytes]) -> Iterator[tuple[bytes, bytes]]:
    for name in _SENT:
        if name in headers:
            yield name, headers[name]
    # The last is who asked us, as nginx's $proxy_add_x_forwarded_for has it; PostHog looks up the country.
    hops = [headers[b"x-forwarded-for"]] if b"x-forwarded-for" in headers else []
    if scope.get("client"):
        hops.append(scope["client"][0].encode())
    if hops:
        yield b"x-forwarded-for", b", ".join(hops)
    if b"host" in headers:
        yield b"x-forwarded-host", headers[b"host"]
    yield b"x-forwarded-proto", scope["scheme"].encode()


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _RefusedError(400)  # which nobody reads
        chunk = message.get("body", b"")
        length += len(chunk)
        if length > _MOST_BYTES:
            raise _RefusedError(413)
        yield chunk
        if not message.get("more_body", False):
            return


async def _pass_back(answer: httpx.Response, send: Send) -> None:
    headers = [(name.lower(), value) for name, value in answer.headers.raw if name.lower() in _RECEIVED]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers + _HARMLESS})
    try:
        async for chunk in answer.aiter_raw():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    except httpx.HTTPError:
        pass  # PostHog broke off: what has come is all there is
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _answer(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": _HARMLESS})
    await send({"type": "http.response.body", "body": b""})
