"""Spans and log records for PostHog only, as OTLP messages with nothing but what mapping reads.

They are written directly, and not through OpenTelemetry's encoder: its intermediate objects take several
times as long, and its encoder of log records is private.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Generic, NamedTuple, TypeVar

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber
from opentelemetry.proto.trace.v1.trace_pb2 import Span, SpanFlags
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import SpanKind, TraceFlags

from otel.attributes import ERROR, EXCEPTION_EVENT, OPTED_OUT, ORDINAL, POSTHOG_ONLY
from otel.delivery.collector._attributes import write_attributes
from otel.delivery.collector.error_payload import write_error
from otel.envelope import Envelope
from otel.mapping.errors import ErrorMapper, ErrorRecord
from otel.mapping.origin import Origins
from otel.selecting import SelectedSpan
from otel.text.unicode import replace_surrogates

__all__ = ["Item", "log_record_of", "request_of_logs", "request_of_spans", "span_of_error", "span_of_events"]

_SCOPE = "otel"

# Constants, because protobuf looks names up in Python, at each access.
_INTERNAL = Span.SPAN_KIND_INTERNAL
_INFO = SeverityNumber.SEVERITY_NUMBER_INFO
# Known, and not remote.
_FLAGS = SpanFlags.SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK

_KINDS: Mapping[SpanKind, Span.SpanKind.ValueType] = MappingProxyType(
    {
        SpanKind.INTERNAL: _INTERNAL,
        SpanKind.SERVER: Span.SPAN_KIND_SERVER,
        SpanKind.CLIENT: Span.SPAN_KIND_CLIENT,
        SpanKind.PRODUCER: Span.SPAN_KIND_PRODUCER,
        SpanKind.CONSUMER: Span.SPAN_KIND_CONSUMER,
    }
)

M = TypeVar("M", Span, LogRecord)


class Item(NamedTuple, Generic[M]):
    """A message with the resource to write it under.

    Args:
        resource: the program that recorded it, with its release.
        message: a span or log record.
    """

    resource: Resource
    message: M


def span_of_events(
    events: Sequence[Envelope], stamps: AbstractSet[str], origins: Origins, span: SelectedSpan | None = None
) -> Item[Span]:
    """Return a span that carries business events to the Collector, with the ids of the span they are about.

    Args:
        events: events of one span with the same identity, at least one.
        stamps: the names of the attributes that carry identity; other attributes of the span do not leave.
        origins: the programs that spans come from, with their releases.
        span: what it was called and how long it lasted, if it has ended; without it, the times are those of
            the first and last event.
    """
    first = events[0]
    message = _span(first, first.name if span is None else span.name)
    around = first.span_attributes
    identity = {name: around[name] for name in around if name in stamps}
    identity[POSTHOG_ONLY] = True
    write_attributes(message, identity, stamps)
    start = end = first.time_unix_nano
    for event in events:
        time = event.time_unix_nano
        start, end = min(start, time), max(end, time)
        written = message.events.add()
        written.name = replace_surrogates(event.name)
        written.time_unix_nano = time
        write_attributes(written, event.attributes, stamps)
        if span is None and event.ordinal:  # the others may be on another message
            write_attributes(written, {ORDINAL: event.ordinal})
    if span is not None:
        message.kind = _KINDS[span.kind]
        start, end = span.start_time or 0, span.end_time or 0
    message.start_time_unix_nano, message.end_time_unix_nano = start, end
    return Item(origins.of(first.resource).resource, message)


def span_of_error(
    error: ErrorRecord, occurrences: int, mapper: ErrorMapper, stamps: AbstractSet[str], origins: Origins
) -> Item[Span]:
    """Return a span that carries an error to the Collector, with the ids of the span it was recorded on.

    Args:
        error: what happened.
        occurrences: the number of errors that it represents.
        mapper: makes its `$exception_list`.
        stamps: the names of the attributes that carry identity.
        origins: the programs that spans come from, with their releases.
    """
    time = error.envelope.time_unix_nano
    message = _span(error.envelope, EXCEPTION_EVENT)
    message.start_time_unix_nano = message.end_time_unix_nano = time
    write_attributes(message, {**mapper.view(error), POSTHOG_ONLY: True}, stamps)
    event = message.events.add(name=EXCEPTION_EVENT, time_unix_nano=time)
    write_attributes(event, {ERROR: write_error(error, occurrences, mapper.listed(error))})
    return Item(origins.of(error.envelope.resource).resource, message)


def log_record_of(event: Envelope, stamps: AbstractSet[str], origins: Origins) -> Item[LogRecord]:
    """Return the log record that carries a business event to the Collector, with its identity.

    Args:
        event: recorded as a log record.
        stamps: the names of the attributes that carry identity.
        origins: the programs that log records come from, with their releases.
    """
    # As in `identify`: the event's own identity replaces the span's as a whole; an opt-out counts in both
    # places.
    carried = stamps if stamps.isdisjoint(event.attributes) else (OPTED_OUT,)
    identity = {name: value for name, value in event.span_attributes.items() if name in carried}
    message = LogRecord(
        time_unix_nano=event.time_unix_nano,
        observed_time_unix_nano=event.time_unix_nano,
        severity_number=_INFO,
        body=AnyValue(),
        event_name=replace_surrogates(event.name),
        flags=TraceFlags.SAMPLED,
        trace_id=event.trace_id.to_bytes(16, "big") if event.trace_id else b"",
        span_id=event.span_id.to_bytes(8, "big") if event.span_id else b"",
    )
    write_attributes(message, {**identity, **event.attributes, POSTHOG_ONLY: True}, stamps)
    return Item(origins.of(event.resource).resource, message)


def request_of_spans(items: Sequence[Item[Span]]) -> ExportTraceServiceRequest:
    """Return the request that hands spans over, grouped by resource.

    Args:
        items: from `span_of_events` and `span_of_error`.
    """
    request = ExportTraceServiceRequest()
    for resource, messages in _by_resource(items):
        group = request.resource_spans.add()
        write_attributes(group.resource, resource.attributes)
        group.scope_spans.add(scope={"name": _SCOPE}, spans=messages)
    return request


def request_of_logs(items: Sequence[Item[LogRecord]]) -> ExportLogsServiceRequest:
    """Return the request that hands log records over, grouped by resource.

    Args:
        items: from `log_record_of`.
    """
    request = ExportLogsServiceRequest()
    for resource, messages in _by_resource(items):
        group = request.resource_logs.add()
        write_attributes(group.resource, resource.attributes)
        group.scope_logs.add(scope={"name": _SCOPE}, log_records=messages)
    return request


def _span(origin: Envelope, name: str) -> Span:
    message = Span()
    message.name = replace_surrogates(name)
    message.trace_id = origin.trace_id.to_bytes(16, "big")
    message.span_id = origin.span_id.to_bytes(8, "big")
    message.kind = _INTERNAL
    message.flags = _FLAGS
    return message


def _by_resource(items: Sequence[Item[M]]) -> list[tuple[Resource, list[M]]]:
    # By identity, because the origins keep one resource for each program, and hashing one takes long.
    groups: dict[int, tuple[Resource, list[M]]] = {}
    for resource, message in items:
        groups.setdefault(id(resource), (resource, []))[1].append(message)
    return list(groups.values())
