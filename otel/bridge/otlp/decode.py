"""Decoding of OTLP messages into the objects of OpenTelemetry's SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource as ResourceMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Span, SpanFlags
from opentelemetry.proto.trace.v1.trace_pb2 import Status as StatusMessage
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode

from otel.attributes import EXCEPTION_EVENT
from otel.envelope import Envelope
from otel.mapping.from_span import ordinal_of

__all__ = [
    "decode_attributes",
    "envelopes_of",
    "identifier",
    "resource_of",
    "set_missing_times",
    "span_of",
]

# Other values are INTERNAL and UNSET, as the protocol requires for values that a reader does not know.
_KINDS: Mapping[int, SpanKind] = MappingProxyType(
    {
        Span.SPAN_KIND_SERVER: SpanKind.SERVER,
        Span.SPAN_KIND_CLIENT: SpanKind.CLIENT,
        Span.SPAN_KIND_PRODUCER: SpanKind.PRODUCER,
        Span.SPAN_KIND_CONSUMER: SpanKind.CONSUMER,
    }
)
_STATUSES: Mapping[int, Status] = MappingProxyType(
    {
        StatusMessage.STATUS_CODE_OK: Status(StatusCode.OK),
        StatusMessage.STATUS_CODE_ERROR: Status(StatusCode.ERROR),
    }
)
_UNSET = Status(StatusCode.UNSET)

# SDKs drop all after the 128th by default. A message of nothing but attributes can hold a million.
_MAX_ATTRIBUTES = 1_000

# A batch holds the spans of a few processes, and other batches those of the same processes.
_RESOURCES_KEPT = 256
# Bytes; a real resource has about 1 kB.
_MAX_KEPT = 16 * 1024


def decode_attributes(pairs: Sequence[KeyValue]) -> dict[str, Any]:
    """Return attributes as OpenTelemetry's SDK holds them: sequences are tuples, maps are dicts.

    Those after the thousandth are left out.

    Args:
        pairs: the message's attributes.
    """
    found: dict[str, Any] = {}
    for pair in pairs[:_MAX_ATTRIBUTES]:  # protobuf makes a list in a third of the time of its iterator
        value = pair.value
        # Most values are strings, then integers: reading the fields takes a third of `WhichOneof`.
        found[pair.key] = value.string_value or value.int_value or value.bool_value or _value(value)
    return found


def identifier(raw: bytes, length: int) -> int:
    """Return an id as a number; 0, the invalid id, if its length is wrong.

    Args:
        raw: the id in the message.
        length: 16 bytes for a trace id, 8 for a span id.
    """
    return int.from_bytes(raw, "big") if len(raw) == length else 0


def resource_of(message: ResourceMessage) -> Resource:
    """Return the resource of the process that recorded spans or log records.

    Args:
        message: the resource message of a group.
    """
    raw = message.SerializeToString()
    return _kept_resource(raw) if len(raw) <= _MAX_KEPT else Resource(decode_attributes(message.attributes))


def envelopes_of(
    message: Span,
    events: Sequence[Span.Event],
    attributes: Mapping[str, Any],
    resource: Resource,
    selects: Callable[[str], bool],
) -> Iterator[Envelope]:
    """Yield what `otel.mapping.from_span.envelopes` returns for the span, without creating the span.

    The SDK's objects would take a fifth of the bridge's time per event.

    Args:
        message: the span.
        events: its events, which protobuf would create again.
        attributes: the span's attributes, decoded.
        resource: the resource of the process that recorded it.
        selects: whether a span event's name is for PostHog.
    """
    trace_id, span_id = identifier(message.trace_id, 16), identifier(message.span_id, 8)
    around = resource.attributes
    seen: dict[tuple[str, int], int] = {}
    for event in events:
        name, time = event.name, event.time_unix_nano or message.end_time_unix_nano
        if name != EXCEPTION_EVENT and selects(name):
            ordinal = seen.get((name, time), 0)
            seen[name, time] = ordinal + 1
            own = decode_attributes(event.attributes)
            ordinal = ordinal_of(own, ordinal)
            yield Envelope(name, own, time, trace_id, span_id, ordinal, attributes, around)


def span_of(message: Span, attributes: Mapping[str, Any], resource: Resource, scope: str) -> ReadableSpan:
    """Return an ended span with everything that mapping reads.

    Args:
        message: the span.
        attributes: the span's attributes, decoded.
        resource: the resource of the process that recorded it.
        scope: the name of its instrumentation scope.
    """
    trace_id = identifier(message.trace_id, 16)
    parent = None
    parent_id = identifier(message.parent_span_id, 8)
    if parent_id:
        is_remote = bool(message.flags & SpanFlags.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK)
        parent = SpanContext(trace_id, parent_id, is_remote)
    return ReadableSpan(
        message.name,
        SpanContext(trace_id, identifier(message.span_id, 8), is_remote=False),
        parent,
        resource,
        attributes,
        [
            Event(
                event.name,
                decode_attributes(event.attributes),
                event.time_unix_nano or message.end_time_unix_nano,
            )
            for event in message.events
        ],
        kind=_KINDS.get(message.kind, SpanKind.INTERNAL),
        start_time=message.start_time_unix_nano,
        end_time=message.end_time_unix_nano,
        instrumentation_scope=InstrumentationScope(scope),
        status=_STATUSES.get(message.status.code, _UNSET),
    )


def set_missing_times(request: Message, received: int) -> None:
    """Set the end of spans and the observed time of log records that have no time.

    A span event without a time has that of its span's end, when it had happened for certain.

    Args:
        request: a decoded request, which is changed.
        received: when it was received, in nanoseconds since 1970.
    """
    if isinstance(request, ExportTraceServiceRequest):
        for group in request.resource_spans:
            for scope in group.scope_spans:
                for span in scope.spans[:]:
                    if not span.end_time_unix_nano:
                        span.end_time_unix_nano = span.start_time_unix_nano or received
    elif isinstance(request, ExportLogsServiceRequest):
        for logs in request.resource_logs:
            for records in logs.scope_logs:
                for record in records.log_records[:]:
                    if not (record.time_unix_nano or record.observed_time_unix_nano):
                        record.observed_time_unix_nano = received


def _value(value: AnyValue) -> Any:
    match value.WhichOneof("value"):
        case "bool_value":
            return value.bool_value
        case "array_value":
            return tuple(_value(one) for one in value.array_value.values)
        case "kvlist_value":
            return decode_attributes(value.kvlist_value.values)
        case None:
            return None
        case field:
            return getattr(value, field)


@lru_cache(maxsize=_RESOURCES_KEPT)
def _kept_resource(raw: bytes) -> Resource:
    return Resource(decode_attributes(ResourceMessage.FromString(raw).attributes))
