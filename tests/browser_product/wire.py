"""A proxy between the product and PostHog that records requests and can be cut."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote_plus, urlsplit

import urllib3

from tests.browser.serving import CLOSING, Server

_GZIP = b"\x1f\x8b"

# The flag definitions that PostHog's server-side client polls; a flag is on for everybody or for nobody.
FLAGS = {"new-dashboard": True, "old-dashboard": False}
_DEFINITIONS = {
    "flags": [
        {
            "id": number,
            "key": key,
            "active": active,
            "filters": {"groups": [{"properties": [], "rollout_percentage": 100}]},
        }
        for number, (key, active) in enumerate(FLAGS.items())
    ],
    "group_type_mapping": {},
    "cohorts": {},
}


@dataclass(frozen=True)
class Passed:
    """A request that passed the proxy.

    Args:
        path: the path with its query string.
        text: the decompressed body.
        size: the size of the body as it was sent, in bytes.
    """

    path: str
    text: str
    size: int


@dataclass
class Wire:
    """The state of the proxy.

    Thread-safe: the server's threads only read `is_cut` and append to `passed`.

    Args:
        url: the address that the product uses as PostHog.
        passed: the requests that were forwarded.
        is_cut: whether the proxy responds with 502 instead of forwarding.
    """

    url: str
    passed: list[Passed] = field(default_factory=list)
    is_cut: bool = False

    def holds(self, text: str) -> list[str]:
        """Return the paths of the requests that contain a text."""
        return [one.path for one in self.passed if text in one.text or text in one.path]

    def paths(self) -> list[str]:
        """Return the paths of the requests, without query strings."""
        return [urlsplit(one.path).path for one in self.passed]


@contextmanager
def running_wire(inspector_url: str) -> Iterator[Wire]:
    """Run a proxy in front of an inspector."""
    pool = urllib3.PoolManager(retries=False, timeout=20)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if "definitions" in self.path or "local_evaluation" in self.path:
                return self._send(HTTPStatus.OK, "application/json", json.dumps(_DEFINITIONS).encode())
            return self._pass(b"")

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:
                return None  # aborted because the page was left; PostHog would not read the request either
            if not wire.is_cut:
                wire.passed.append(Passed(self.path, _unpacked(body), len(body)))
            return self._pass(body)

        def _pass(self, body: bytes) -> None:
            if wire.is_cut:
                return self._send(HTTPStatus.BAD_GATEWAY, "text/plain", b"")
            kept = ("content-type", "content-encoding", "user-agent")
            headers = {name: value for name, value in self.headers.items() if name.lower() in kept}
            headers |= CLOSING
            answer = pool.request(self.command, inspector_url + self.path, body=body, headers=headers)
            return self._send(answer.status, answer.headers.get("Content-Type", ""), answer.data)

        def _send(self, status: int, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Suppress the server's log."""

    server = Server(("127.0.0.1", 0), Handler)
    wire = Wire(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield wire
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        pool.clear()


def _unpacked(body: bytes) -> str:
    """Return a body as text, with decompressed copies of compressed parts, such as those of a recording."""
    if body.startswith(_GZIP):
        body = gzip.decompress(body)
    text = body.decode(errors="replace")
    try:
        within = list(_packed(json.loads(text)))
    except ValueError:
        return unquote_plus(text)
    return "\n".join([text, *within])


def _packed(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _packed(one)
    elif isinstance(value, str) and value.startswith("\x1f\x8b"):
        yield gzip.decompress(value.encode("latin-1")).decode()
