"""Tests of the first-party proxy to PostHog: what it forwards, and what it withholds."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from otel.django.asgi import Application
from otel.inspector.running import RunningInspector, running_inspector
from tests.apps.browser.posthog import PostHog, running_posthog
from tformance.ingest import with_ingest

EVENT = {
    "api_key": "phc_test",
    "batch": [
        {
            "event": "theme_switched",
            "uuid": "0190f5b0-3333-7000-8000-000000000003",
            "properties": {"distinct_id": "d1", "token": "phc_test", "theme": "dark"},
            "timestamp": "2026-11-20T10:00:00.000Z",
        }
    ],
}


@pytest.fixture
def posthog() -> Iterator[PostHog]:
    with running_posthog() as running:
        yield running


def ask(
    host: str, path: str = "/ph/e/", method: str = "POST", *, content: Any = b"{}", **headers: str
) -> httpx.Response:
    """Send a request to the product, with PostHog at `host`."""

    async def product(scope: Any, receive: Any, send: Any) -> None:
        await Starlette(routes=[Route("/{rest:path}", _page)])(scope, receive, send)

    async def asking() -> httpx.Response:
        app = with_ingest(product, "/ph", host)
        transport = httpx.ASGITransport(app=app, client=("203.0.113.7", 5000))
        async with httpx.AsyncClient(transport=transport, base_url="http://product.example") as client:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            body = content if method == "POST" else None
            response = await client.request(method, path, content=body, headers=names)
        await _stop(app)
        return response

    return asyncio.run(asking())


async def _stop(app: Application) -> None:
    """Run the application's lifespan as a server does, which closes its connections."""
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> dict[str, str]:
        return messages.pop(0)

    async def send(message: object) -> None:
        """Accept the application's messages."""

    await app({"type": "lifespan", "state": {}}, receive, send)


async def _page(_: Request) -> PlainTextResponse:
    return PlainTextResponse("a page")


@pytest.fixture
def inspector() -> Iterator[RunningInspector]:
    with running_inspector() as running:
        yield running


def test_an_event_arrives_as_posthog_js_sends_it(inspector: RunningInspector) -> None:
    body = gzip.compress(orjson.dumps(EVENT))

    response = ask(inspector.url, content=body, Content_Type="text/plain")

    assert response.status_code == 200
    assert response.json()
    (capture,) = inspector.good()
    assert (capture["event"], capture["distinct_id"]) == ("theme_switched", "d1")


def test_only_what_posthog_needs_is_forwarded(posthog: PostHog) -> None:
    ask(
        posthog.url,
        "/ph/e/?compression=base64",
        content=b"data=1",
        Content_Type="application/x-www-form-urlencoded",
        User_Agent="Firefox",
        Cookie="sessionid=secret",
        Authorization="Bearer secret",
        Referer="https://product.example/invitations/secret/",
        X_Forwarded_For="198.51.100.1",
    )

    (seen,) = posthog.seen
    assert (seen.method, seen.path, seen.body) == ("POST", "/e/?compression=base64", b"data=1")
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert seen.headers["user-agent"] == "Firefox"
    assert seen.headers["x-forwarded-for"] == "198.51.100.1, 203.0.113.7"
    assert seen.headers["x-forwarded-host"] == "product.example"
    assert "secret" not in repr(seen)


def test_a_response_of_posthog_cannot_act_as_a_page_of_the_product(posthog: PostHog) -> None:
    posthog.answer = (429, {"Content-Type": "text/html", "Retry-After": "7", "Set-Cookie": "a=b"}, b"<b>")

    response = ask(posthog.url)

    assert (response.status_code, response.content) == (429, b"<b>")
    assert response.headers["retry-after"] == "7"
    assert "set-cookie" not in response.headers
    assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_compressed_response_stays_compressed(posthog: PostHog) -> None:
    packed = gzip.compress(b'{"flags":{}}')
    posthog.answer = (200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, packed)

    response = ask(posthog.url, "/ph/flags/?v=2", Accept_Encoding="gzip")

    assert response.json() == {"flags": {}}
    assert posthog.seen[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/ph/static/array.js"),
        ("GET", "/ph/array/phc_test/config"),
        ("GET", "/ph/array/phc_test/config.js"),
        ("GET", "/ph/e/"),
        ("POST", "/ph/api/projects/"),
        ("POST", "/ph/e/../api/"),
        ("POST", "/ph//e/"),
        ("DELETE", "/ph/e/"),
    ],
)
def test_other_requests_are_not_forwarded(posthog: PostHog, method: str, path: str) -> None:
    assert ask(posthog.url, path, method).status_code == 404
    assert posthog.seen == []


@pytest.mark.parametrize("path", ["/e/", "/i/v0/e/", "/s/?v=2", "/flags/"])
def test_requests_of_posthog_js_are_forwarded(posthog: PostHog, path: str) -> None:
    assert ask(posthog.url, f"/ph{path}").status_code == 200
    assert posthog.seen[0].path == path


@pytest.mark.parametrize("signal", [{"Sec_GPC": "1"}, {"DNT": "1"}, {"Cookie": "a=1; analytics_opt_out=1"}])
def test_nothing_is_forwarded_after_an_opt_out(posthog: PostHog, signal: Mapping[str, str]) -> None:
    response = ask(posthog.url, **signal)

    assert (response.status_code, response.content) == (204, b"")
    assert posthog.seen == []


def test_a_body_that_is_too_long_is_refused(posthog: PostHog) -> None:
    async def streamed() -> AsyncIterator[bytes]:
        for _ in range(9):
            yield bytes(1024 * 1024)

    assert ask(posthog.url, content=bytes(9 * 1024 * 1024)).status_code == 413
    assert ask(posthog.url, content=streamed()).status_code == 413
    assert [seen.path for seen in posthog.seen] == []


def test_if_posthog_is_down_the_response_comes_immediately() -> None:
    began = time.monotonic()

    assert ask("http://127.0.0.1:9").status_code == 502
    assert time.monotonic() - began < 2


def test_other_paths_belong_to_the_product(posthog: PostHog) -> None:
    for path in ("/", "/ph", "/phone/e/", "/x/ph/e/"):
        assert ask(posthog.url, path, "GET").text == "a page"
    assert posthog.seen == []
