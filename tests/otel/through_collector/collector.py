"""A stand-in for the Collector: a scripted server that parses the OTLP requests it received."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.otel.delivery.scripted import Asked, Scripted, Step, scripted_server

ACCEPTED = Step(body=b"")


class Collector:
    """The requests that the stand-in received."""

    def __init__(self, server: Scripted) -> None:
        self.server = server
        self.url = server.url
        server.respond = lambda _: ACCEPTED

    @property
    def asked(self) -> list[Asked]:
        return self.server.asked

    def spans(self) -> list[Span]:
        """Return the spans of all requests."""
        requests = [
            ExportTraceServiceRequest.FromString(_plain(one))
            for one in self.asked
            if one.path.endswith("/v1/traces")
        ]
        return [
            span
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def records(self) -> list[Any]:
        """Return the log records of all requests."""
        requests = [
            ExportLogsServiceRequest.FromString(_plain(one))
            for one in self.asked
            if one.path.endswith("/v1/logs")
        ]
        return [
            record
            for request in requests
            for resource in request.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]

    def events(self) -> list[str]:
        """Return the names of the events of all spans."""
        return [event.name for span in self.spans() for event in span.events]


def _plain(asked: Asked) -> bytes:
    return gzip.decompress(asked.raw) if asked.headers.get("content-encoding") == "gzip" else asked.raw


def attributes(pairs: Any) -> dict[str, Any]:
    """Return attributes as a dict; lists and maps stay protobuf messages."""
    return {pair.key: _value(pair.value) for pair in pairs if isinstance(pair, KeyValue)}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    return None if kind is None else getattr(value, kind)


@contextmanager
def running_collector() -> Iterator[Collector]:
    with scripted_server() as server:
        yield Collector(server)
