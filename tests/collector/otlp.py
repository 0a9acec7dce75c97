"""OTLP messages: building, sending and reading them in tests."""

from __future__ import annotations

import gzip
import time
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

__all__ = [
    "Attributes",
    "attributes_of",
    "delimited",
    "event",
    "log",
    "send_logs",
    "send_raw_spans",
    "send_spans",
    "span",
]

Attributes: TypeAlias = Mapping[str, Any]

_SECOND = 1_000_000_000


def span(
    trace: int,
    name: str = "GET dashboard/",
    attributes: Attributes | None = None,
    *events: Span.Event,
    number: int = 1,
    parent: int = 0,
    kind: Span.SpanKind.ValueType = Span.SPAN_KIND_SERVER,
    error: str | None = None,
    seconds: float = 0.01,
) -> Span:
    """Return an ended span of a trace."""
    end = time.time_ns()
    return Span(
        trace_id=trace.to_bytes(16, "big"),
        span_id=number.to_bytes(8, "big"),
        parent_span_id=parent.to_bytes(8, "big") if parent else b"",
        name=name,
        kind=kind,
        start_time_unix_nano=end - int(seconds * _SECOND),
        end_time_unix_nano=end,
        attributes=_key_values(attributes or {}),
        events=events,
        status=Status() if error is None else Status(code=Status.STATUS_CODE_ERROR, message=error),
    )


def event(name: str, attributes: Attributes | None = None) -> Span.Event:
    """Return a span event."""
    return Span.Event(name=name, time_unix_nano=time.time_ns(), attributes=_key_values(attributes or {}))


def log(trace: int, event_name: str = "", attributes: Attributes | None = None, body: str = "") -> LogRecord:
    """Return a log record of a trace."""
    return LogRecord(
        trace_id=trace.to_bytes(16, "big"),
        span_id=(1).to_bytes(8, "big"),
        event_name=event_name,
        time_unix_nano=time.time_ns(),
        attributes=_key_values(attributes or {}),
        body=AnyValue(string_value=body),
    )


def send_spans(url: str, *spans: Span, resource: Attributes | None = None) -> None:
    """Send spans as OTLP exporters do: protobuf over HTTP."""
    scope = ScopeSpans(spans=spans)
    _post(
        f"{url}/v1/traces",
        ExportTraceServiceRequest(
            resource_spans=[ResourceSpans(resource=_resource(resource), scope_spans=[scope])]
        ),
    )


def send_raw_spans(url: str, *spans: bytes) -> None:
    """Send serialized spans unchanged, even if protobuf for Python could not write them."""
    with_tag = b"".join(delimited(2, one) for one in spans)  # ScopeSpans.spans
    request = delimited(1, delimited(2, with_tag))  # ….resource_spans, ResourceSpans.scope_spans
    _post_raw(f"{url}/v1/traces", request)


def send_logs(url: str, *records: LogRecord) -> None:
    """Send log records as OTLP exporters do."""
    scope = ScopeLogs(log_records=records)
    _post(
        f"{url}/v1/logs",
        ExportLogsServiceRequest(resource_logs=[ResourceLogs(resource=_resource(None), scope_logs=[scope])]),
    )


def attributes_of(key_values: Iterable[KeyValue]) -> dict[str, Any]:
    """Return OTLP's attributes as a dict."""
    return {one.key: _python(one.value) for one in key_values}


def _resource(attributes: Attributes | None) -> Resource:
    return Resource(attributes=_key_values({"service.name": "shop", **(attributes or {})}))


def delimited(field: int, body: bytes) -> bytes:
    """Return a message or a string as a field of another message, in protobuf's wire format."""
    length, size = b"", len(body)
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return bytes([field << 3 | 2]) + length + bytes([size]) + body


def _post(url: str, message: Message) -> None:
    _post_raw(url, message.SerializeToString())


def _post_raw(url: str, body: bytes) -> None:
    headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}
    request = urllib.request.Request(url, gzip.compress(body, 1), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()


def _key_values(attributes: Attributes) -> list[KeyValue]:
    return [KeyValue(key=key, value=_any(value)) for key, value in attributes.items()]


def _any(value: Any) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=[_any(one) for one in value]))
    return AnyValue(string_value=value)


def _python(value: AnyValue) -> Any:
    if value.WhichOneof("value") == "array_value":
        return [_python(one) for one in value.array_value.values]
    return getattr(value, value.WhichOneof("value") or "string_value")
