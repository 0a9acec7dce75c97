"""A small site with the product's scripts, pages that a test defines, and a strict security policy."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

import urllib3

from tests.browser.building import built, manifest
from tests.browser.serving import CLOSING, Server

# The most that the product's policy allows.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; worker-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

TEAM = {"key": "0b1f0c9a-5b0e-4f57-9a39-5d0f6f2d8f10", "slug": "acme"}
OTHER_TEAM = {"key": "9a9b4f3e-02c5-4a43-8f0c-0d7b3c6f6c11", "slug": "globex"}
ANN = "1c9a1f8e-6d5b-4a52-9d1e-3b1f9b1f2a01"
BEN = "6f4f2f33-9c1a-4c4f-8f53-2a9f53e4bb02"

ORIGIN = {
    "service_name": "tformance",
    "service_version": "1.2.3",
    "environment": "test",
    "$release_id": "01983c1e-7d1a-7000-8000-0000000000aa",
}

# The names of the entry points in Vite's manifest.
MAIN, THEME, STYLES = "assets/javascript/main.ts", "assets/javascript/theme.ts", "assets/styles/main.css"


@dataclass
class Site:
    """The content of the site, which a test can change, and the requests that the site has received.

    Thread-safe: the server's threads only read the fields and append to `asked`.

    Args:
        url: the base URL.
        pages: the content of `<main>`, by path.
        config: the telemetry configuration of every page; None for a product without a key.
        routes: the route of each path with parameters.
        statuses: the status of each path that does not respond with 200.
        redirects: the target of each path that redirects.
        asked: method, path with query, and headers of each request except for static files.
        is_posthog_up: whether `/ph` forwards to the inspector; otherwise it responds with 502.
    """

    url: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    config: dict[str, Any] | None = None
    routes: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    is_posthog_up: bool = True

    def reset(self) -> None:
        self.config = {
            "key": "phc_test",
            "api_host": "/ph",
            "ui_host": "http://127.0.0.1:9",
            "distinct_id": ANN,
            "team": TEAM,
            "send_organisation": True,
            "opted_out": False,
            "recording": False,
            "flags": {},
            "origin": ORIGIN,
        }
        self.pages = {
            "/": "<h1>Start</h1>",
            "/analytics/": "<h1>Analytics</h1>",
            "/pulls/7/": "<h1>Secret title</h1>",
            "/list/": "<h1>List</h1>",
        }
        self.routes = {"/pulls/7/": "/pulls/:pk/"}
        self.statuses, self.redirects, self.asked, self.is_posthog_up = {}, {}, [], True

    def paths(self, method: str = "GET") -> list[str]:
        """Return the paths that were requested, in order."""
        return [path for asked, path, _ in self.asked if asked == method]

    def html(self, path: str) -> str:
        config = None
        if self.config is not None:
            config = self.config | {"page": f"page:{path}", "route": self.routes.get(path, path)}
        said = (
            f'<script type="application/json" id="posthog-config">{json.dumps(config)}</script>'
            if config
            else ""
        )
        chunks = manifest()
        return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page {path}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/{chunks[STYLES]["file"]}">
<script src="/static/{chunks[THEME]["file"]}"></script>
<script type="module" src="/static/{chunks[MAIN]["file"]}"></script></head>
<body hx-boost="true">{said}
<nav data-sidebar aria-label="Main">
<a id="to-start" data-page="web:dashboard" href="/">Start</a>
<a id="to-analytics" data-page="metrics:tab" href="/analytics/"><span>Analytics</span></a>
<a id="to-pull" data-page="metrics:pull_request" href="/pulls/7/?token=hush">Pull</a></nav>
<button data-theme-choice="light">Light</button><button data-theme-choice="dark">Dark</button>
<button data-theme-choice="system">System</button>
<main id="main" tabindex="-1">{self.pages[path]}</main></body></html>"""


@contextmanager
def running_site(inspector_url: str) -> Iterator[Site]:
    """Run a site whose `/ph` forwards to an inspector."""
    site = Site()
    site.reset()
    pool = urllib3.PoolManager(retries=False, timeout=20, maxsize=10)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:
                return None  # aborted because the page was left; PostHog would not read the request either
            path = urlsplit(self.path).path
            if path.startswith("/static/"):
                name = path.removeprefix("/static/")
                kind = "text/css" if name.endswith(".css") else "text/javascript"
                return self._send(200, kind, (built() / name).read_bytes())
            headers = {name.lower(): value for name, value in self.headers.items()}
            site.asked.append((self.command, self.path, headers))
            if path.startswith("/ph/"):
                return self._forward(body)
            if path in site.redirects:
                return self._send(302, "text/plain", b"", Location=site.redirects[path])
            if path not in site.pages:
                return self._send(404, "text/plain", b"not found")
            content = site.pages[path] if path.startswith("/part/") else site.html(path)
            return self._send(site.statuses.get(path, 200), "text/html; charset=utf-8", content.encode())

        def _forward(self, body: bytes) -> None:
            if not site.is_posthog_up:
                return self._send(HTTPStatus.BAD_GATEWAY, "text/plain", b"")
            kind = self.headers.get("Content-Type", "")
            answer = pool.request(
                self.command,
                inspector_url + self.path.removeprefix("/ph"),
                body=body,
                headers={"Content-Type": kind} | CLOSING,
            )
            return self._send(answer.status, answer.headers.get("Content-Type", ""), answer.data)

        def _send(self, status: int, kind: str, content: bytes, **headers: str) -> None:
            self.send_response(status)
            headers |= {"Content-Type": kind, "Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
            headers["Content-Length"] = str(len(content))
            for name, value in headers.items():
                self.send_header(name, value)
            # A page that is left closes the connection.
            with suppress(ConnectionError):
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Suppress the server's log."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        pool.clear()
