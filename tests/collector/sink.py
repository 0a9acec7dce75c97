"""A stand-in for the bridge that receives OTLP over HTTP and keeps what arrives."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.browser.serving import Server

__all__ = ["Sink", "running_sink"]


class Sink:
    """The received spans and log records, and the status to answer with.

    Shared by the server's threads and the test, which only append to and read the lists.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.status = 200
        self.spans: list[Span] = []
        self.logs: list[LogRecord] = []
        self.paths: list[str] = []
        self.authorizations: list[str | None] = []

    def take(self, path: str, body: bytes) -> None:
        """Decode the body of a request to the path, and keep its spans or log records."""
        if path.endswith("/logs"):
            logs = ExportLogsServiceRequest.FromString(body)
            self.logs += [r for group in logs.resource_logs for s in group.scope_logs for r in s.log_records]
        else:
            traces = ExportTraceServiceRequest.FromString(body)
            self.spans += [
                span for group in traces.resource_spans for s in group.scope_spans for span in s.spans
            ]

    def of(self, trace: int) -> list[Span]:
        """Return the spans of a trace."""
        return [span for span in self.spans if int.from_bytes(span.trace_id, "big") == trace]


@contextmanager
def running_sink() -> Iterator[Sink]:
    """Run a sink on a free port until the block ends."""
    sink = Sink("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body are two writes; with Nagle's algorithm the second waits for a delayed ACK.
        disable_nagle_algorithm: ClassVar[bool] = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sink.paths.append(self.path)
            sink.authorizations.append(self.headers["Authorization"])
            if sink.status == 200:
                sink.take(self.path, gzip.decompress(body))
            self.send_response(sink.status)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Print nothing."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    sink.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
