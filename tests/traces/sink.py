"""A trace backend on loopback: accepts OTLP over HTTP and shows traces as trees."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

__all__ = ["Sink", "environ", "running_sink", "shown"]

_KINDS = Span.SpanKind


class Sink:
    """The spans that arrived. Thread-safe: the server's threads only extend the list."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.url = ""

    def named(self, name: str) -> list[Span]:
        """Return the spans with a name, ordered by start time."""
        return sorted(
            (one for one in self.spans if one.name == name), key=lambda one: one.start_time_unix_nano
        )

    def trace(self, span: Span) -> list[Span]:
        """Return all spans of a span's trace, ordered by start time."""
        found = [one for one in self.spans if one.trace_id == span.trace_id]
        return sorted(found, key=lambda one: one.start_time_unix_nano)

    def tree(self, span: Span) -> str:
        """Return a span's trace as text: kinds, names and events, indented by parent; repetitions only once.

        Omits the queries by which Django, in debug mode, asks SQLite how to quote each value.
        """
        spans = [one for one in self.trace(span) if "QUOTE(" not in str(one.attributes)]
        children: dict[bytes, list[Span]] = {}
        known = {one.span_id for one in spans}
        for one in spans:
            parent = one.parent_span_id if one.parent_span_id in known else b""
            children.setdefault(parent, []).append(one)
        return "\n".join(_lines(children, b"", ""))


def _lines(children: Mapping[bytes, list[Span]], parent: bytes, indent: str) -> list[str]:
    lines: list[str] = []
    for one in children.get(parent, ()):
        events = "".join(f" [{event.name}]" for event in one.events)
        own = [f"{indent}{_KINDS.Name(one.kind).removeprefix('SPAN_KIND_').lower()} {one.name}{events}"]
        own += _lines(children, one.span_id, f"{indent}  ")
        lines += own
    return _once(lines)


def _once(lines: list[str]) -> list[str]:
    """Return the lines without immediate repetitions of a run, such as the queries of another page."""
    kept: list[str] = []
    for line in lines:
        kept.append(line)
        for length in range(1, len(kept) // 2 + 1):
            if kept[-length:] == kept[-2 * length : -length]:
                del kept[-length:]
                break
    return kept


def shown(spans: list[Span]) -> str:
    """Return the full text of the spans."""
    return "\n".join(str(one) for one in spans)


def environ(sink: Sink, **more: str) -> dict[str, str]:
    """Return the standard variables that send a program's traces to a sink, with a short delay."""
    return {
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url,
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        **more,
    }


@contextmanager
def running_sink() -> Iterator[Sink]:
    """Run a trace backend during the block."""
    sink = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    sink.spans += scope.spans
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Suppress the access log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sink.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
