"""The wire between the product and PostHog: it keeps what passes, and can be cut."""

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

# What PostHog's server-side client polls; each flag is on for everybody, or for nobody.
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
    """One request.

    Args:
        path: with its query.
        text: the body, unpacked.
        size: of the body as it was sent.
    """

    path: str
    text: str
    size: int


@dataclass
class Wire:
    """What lies between.

    Args:
        url: where the product finds PostHog.
        passed: what was sent to it.
        is_cut: whether nothing comes through.
    """

    url: str
    passed: list[Passed] = field(default_factory=list)
    is_cut: bool = False

    def holds(self, text: str) -> list[str]:
        """Where a text has passed."""
        return [one.path for one in self.passed if text in one.text or text in one.path]

    def paths(self) -> list[str]:
        """Where requests went, without their queries."""
        return [urlsplit(one.path).path for one in self.passed]


@contextmanager
def running_wire(inspector_url: str) -> Iterator[Wire]:
    """Lead to an inspector."""
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
                return None  # a page that was left: the request has no end, and PostHog would not read it
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
            """Say nothing."""

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
    """Return a body as text, with what is compressed within it, such as a recording's parts."""
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
