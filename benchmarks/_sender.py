"""Ready-made OTLP requests as the product sends them, and a sender like the Collector's."""

from __future__ import annotations

import gzip
import http.client
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest as Request
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse as Response
from opentelemetry.sdk.environment_variables import OTEL_EXPORTER_OTLP_ENDPOINT
from opentelemetry.sdk.trace.export import SpanExportResult

from benchmarks._batches import QueuedEvents
from benchmarks._content import settings
from otel.delivery.collector.exporter import CollectorExporter

__all__ = ["NotTakenError", "body_of", "kept_bodies", "request_of_events", "send"]

_HEADERS = {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}


class NotTakenError(RuntimeError):
    """Raised if the receiver did not accept all spans, which makes the measurement invalid."""


def body_of(request: Request) -> bytes:
    """Return the gzipped body of a request.

    Args:
        request: spans.
    """
    return gzip.compress(request.SerializeToString())


def request_of_events(queued: QueuedEvents, count: int) -> Request:
    """Return the spans that are only for PostHog, as the product sends them with `POSTHOG_VIA=collector`.

    Args:
        queued: the source of the events.
        count: the number of events.
    """
    with kept_bodies() as (url, bodies):
        os.environ[OTEL_EXPORTER_OTLP_ENDPOINT] = url
        exporter = CollectorExporter(settings().replace(via="collector"))
        if exporter.export(queued.batch(count)) is not SpanExportResult.SUCCESS:
            raise NotTakenError(url)
        exporter.shutdown()
    request = Request()
    for body in bodies:
        request.MergeFromString(gzip.decompress(body))
    found = sum(len(scope.spans) for group in request.resource_spans for scope in group.scope_spans)
    if found != count:
        raise NotTakenError(found)
    return request


@contextmanager
def kept_bodies() -> Iterator[tuple[str, list[bytes]]]:
    """Run a server that accepts every POST; return its URL and the list to which it adds the bodies."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            answer = b"" if self.path.startswith("/v1/") else b'{"status": "Ok"}'
            self.send_response(http.client.OK)
            self.send_header("Content-Type", self.headers["Content-Type"])
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", bodies
        server.shutdown()


def send(urls: Sequence[str], bodies: Sequence[bytes], connections: int) -> None:
    """Post bodies, and return when all have been answered.

    Args:
        urls: the receivers, over which the connections are distributed.
        bodies: the bodies of requests to `/v1/traces`.
        connections: the number of concurrent connections.

    Raises:
        NotTakenError: if a request or a span was refused.
    """
    shares = [(urls[number % len(urls)], bodies[number::connections]) for number in range(connections)]
    with ThreadPoolExecutor(connections) as threads:
        for _ in threads.map(_send_in_turn, *zip(*shares, strict=True)):
            pass


def _send_in_turn(url: str, bodies: Sequence[bytes]) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        for body in bodies:
            connection.request("POST", "/v1/traces", body, _HEADERS)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != http.client.OK:
                raise NotTakenError(answer.status, said)
            if Response.FromString(said).partial_success.rejected_spans:
                raise NotTakenError(said)
    finally:
        connection.close()
