"""A stand-in for PostHog that records each request and returns a configurable response."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["PostHog", "Seen", "running_posthog"]


@dataclass(frozen=True)
class Seen:
    """A request that arrived completely."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class PostHog:
    """The requests that the stand-in has received, and its response.

    Thread-safe: the server's threads only append to `seen`.
    """

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    answer: tuple[int, dict[str, str], bytes] = (200, {"Content-Type": "application/json"}, b"{}")


@contextmanager
def running_posthog() -> Iterator[PostHog]:
    """Run the stand-in on the loopback interface."""
    posthog = PostHog()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._note(b"")

        def do_POST(self) -> None:
            length = self.headers["Content-Length"]
            body = self.rfile.read(int(length)) if length else self._chunks()
            if body is not None:
                self._note(body)

        def _chunks(self) -> bytes | None:
            body = b""
            while line := self.rfile.readline():
                size = int(line, 16)
                body += self.rfile.read(size)
                self.rfile.readline()
                if not size:
                    return body
            return None  # the request was aborted

        def _note(self, body: bytes) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            posthog.seen.append(Seen(self.command, self.path, headers, body))
            status, names, content = posthog.answer
            self.send_response(status)
            for name, value in {**names, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Suppress the server's log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    posthog.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield posthog
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
