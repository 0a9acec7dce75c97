"""A proxy from our own origin to PostHog for browsers, for setups without a reverse proxy."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Iterator

import httpx
from django.core.handlers.asgi import ASGIRequest

from otel.django.asgi import Application, Message, Receive, Send
from otel.django.consent import refuses

__all__ = ["with_ingest"]

# Events, recordings and flags. GET is refused: PostHog's scripts would run as scripts of our own origin.
_PATHS = re.compile(r"/(e|i/v0/e|s|flags)/")

# posthog-js splits a session recording at 7 MB, before compression.
_MOST_BYTES = 8 * 1024 * 1024

# Seconds. A browser opens six connections to an origin; a page cannot use those that wait for PostHog.
_TIMEOUT = httpx.Timeout(10, connect=2)

# The request headers that PostHog reads. Never a cookie, nor the Referer, which contains an unscrubbed URL.
_SENT = (b"accept-encoding", b"content-encoding", b"content-length", b"content-type", b"user-agent")
# The response headers that posthog-js reads.
_RECEIVED = (b"cache-control", b"content-encoding", b"content-length", b"content-type", b"retry-after")
# Keep browsers from treating PostHog's response as a page of our origin.
_HARMLESS = [
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"x-content-type-options", b"nosniff"),
]


class _RefusedError(Exception):
    """Raised if a request body is too long or incomplete."""

    def __init__(self, status: int) -> None:
        self.status = status


def with_ingest(application: Application, path: str, host: str) -> Application:
    """Wrap an ASGI application so that requests of posthog-js are forwarded to PostHog.

    The wrapper runs outside Django, because these requests need neither sessions nor spans.

    Args:
        application: the application that handles all other requests.
        path: the first-party path, such as `/ph`.
        host: the base URL of PostHog's ingestion API.
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
    """Forward a request and relay the response; return a status if there is no response to relay."""
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
    # Append the client's address, as nginx's $proxy_add_x_forwarded_for does; PostHog looks up the country.
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
            raise _RefusedError(400)  # the client is gone, so nobody reads the status
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
        pass  # PostHog closed the connection: end the response here
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _answer(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": _HARMLESS})
    await send({"type": "http.response.body", "body": b""})
