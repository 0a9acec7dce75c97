"""A loopback server that sends scripted responses and records the bytes of each request."""

from __future__ import annotations

import gzip
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

OK = b'{"status":"Ok"}'


@dataclass(frozen=True)
class Step:
    """The scripted response to one request.

    Args:
        status: the HTTP status.
        body: the response body.
        headers: response headers in addition to the length.
        hang: whether the response is withheld until the server stops.
        silent: whether the connection is closed without a response.
        closes: whether the connection is closed after the response, without a header that announces it.
        cut: whether the response stops in the middle of its body.
        drip: seconds between two bytes of the body.
    """

    status: int = 200
    body: bytes = OK
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: bool = False
    silent: bool = False
    closes: bool = False
    cut: bool = False
    drip: float = 0.0


@dataclass(frozen=True)
class Asked:
    """A received request; `port` identifies its connection."""

    path: str
    headers: dict[str, str]
    raw: bytes
    port: int

    @property
    def json(self) -> Any:
        return orjson.loads(
            gzip.decompress(self.raw) if self.headers.get("content-encoding") == "gzip" else self.raw
        )

    @property
    def events(self) -> list[str]:
        return [event["event"] for event in self.json["batch"]]


Respond = Callable[[Asked], Step]


class Scripted:
    """The script and the log of a server: responses come from `steps`, in order, then from `respond`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.steps: deque[Step] = deque()
        self.respond: Respond = lambda _: Step()
        self.asked: list[Asked] = []
        self.arrived = threading.Event()
        self.ending = threading.Event()

    def step_for(self, asked: Asked) -> Step:
        self.asked.append(asked)
        step = self.steps.popleft() if self.steps else self.respond(asked)
        self.arrived.set()
        return step


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body in one packet
    scripted: Scripted

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        step = self.scripted.step_for(Asked(self.path, headers, raw, self.client_address[1]))
        if step.hang:
            self.scripted.ending.wait()
        if step.hang or step.silent:
            self.close_connection = True
            return
        self.send_response(step.status)
        for name, value in {"Content-Length": str(len(step.body)), **step.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self._send(step)
        if step.closes or step.cut:
            self.close_connection = True

    do_GET = do_POST  # noqa: N815 - http.server's name; a followed redirect would come as a GET

    def _send(self, step: Step) -> None:
        if step.cut:
            self.wfile.write(step.body[: len(step.body) // 2])
        elif step.drip:
            for byte in step.body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if self.scripted.ending.wait(step.drip):
                    return
        else:
            self.wfile.write(step.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Log nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing: the tests use clients that give up."""


@contextmanager
def scripted_server(
    wrap: Callable[[socket.socket], socket.socket] = lambda plain: plain, scheme: str = "http"
) -> Iterator[Scripted]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.socket = wrap(server.socket)
    scripted = Scripted(f"{scheme}://localhost:{server.server_address[1]}")
    server.RequestHandlerClass = type("Handler", (_Handler,), {"scripted": scripted})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield scripted
    finally:
        scripted.ending.set()
        server.shutdown()
        thread.join()
        server.server_close()
