"""The messages are those that OpenTelemetry's own encoder writes for the same spans and log records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags

from otel.delivery.collector._encode import (
    log_record_of,
    request_of_logs,
    request_of_spans,
    span_of_error,
    span_of_events,
)
from otel.delivery.collector.error_payload import write_error
from otel.envelope import Envelope
from otel.mapping.errors import ErrorMapper, ErrorRecord
from otel.mapping.from_span import envelopes
from otel.mapping.origin import Origins
from otel.mapping.select import select_all
from otel.selecting import SelectedSpan
from otel.settings import Settings
from otel.text.unicode import is_unicode, replace_surrogates

STAMPS = frozenset({"user.id", "shop.team.id", "posthog.opted_out"})
SCOPE = InstrumentationScope("otel")
RESOURCES = [{"service.name": "shop", "service.version": "1"}, {"service.name": "till", "host.id": "h\xf6st"}]

text = st.text(max_size=8) | st.text(st.characters(exclude_categories=()), max_size=8)
scalars = (
    text | st.integers(-(2**70), 2**70) | st.floats() | st.booleans() | st.binary(max_size=8) | st.none()
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(text | st.integers(), inner, max_size=3)
    ),
    max_leaves=6,
)
# OTLP's names are unique, so that none of them may become equal to another one.
attributes = st.lists(
    st.tuples(st.sampled_from(sorted(STAMPS)) | text, values),
    max_size=6,
    unique_by=lambda pair: replace_surrogates(pair[0]),
).map(dict)
times = st.integers(0, 2**64 - 1)
span_ids = st.integers(1, 2**64 - 1)
trace_ids = st.integers(1, 2**128 - 1)


def writable(value: Any) -> Any:
    """Return what protobuf can hold, for OpenTelemetry's encoder, which leaves other values out."""
    match value:
        case str():
            return replace_surrogates(value)
        case int() if not -(2**63) <= value < 2**63:
            return hex(value)
        case list() | tuple():
            return [writable(one) for one in value]
        case dict():
            return {writable(str(name)): writable(one) for name, one in value.items()}
    return value


def written(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes as they leave: an id that is not Unicode belongs to nobody."""
    return {
        replace_surrogates(name): (
            "" if name in STAMPS and isinstance(value, str) and not is_unicode(value) else writable(value)
        )
        for name, value in attributes.items()
    }


def identity(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if name in STAMPS}


def encoded(spans: Sequence[ReadableSpan]) -> ExportTraceServiceRequest:
    """Return what OpenTelemetry's encoder writes, without the status, which it writes even if it is unset."""
    request: ExportTraceServiceRequest = encode_spans(spans)
    for group in request.resource_spans:
        for scope in group.scope_spans:
            for span in scope.spans:
                span.ClearField("status")
    return request


def bytes_of(message: Any) -> bytes:
    raw: bytes = message.SerializeToString(deterministic=True)
    return raw


@given(
    st.lists(
        st.builds(
            dict,
            name=text,
            context=st.builds(SpanContext, trace_ids, span_ids, is_remote=st.just(False)),
            resource=st.sampled_from(RESOURCES),
            attributes=attributes,
            events=st.lists(st.builds(Event, text, attributes, times), min_size=1, max_size=3),
            kind=st.sampled_from(SpanKind),
            start_time=times,
            end_time=times,
        ),
        max_size=4,
    )
)
def test_a_span_with_events(spans: list[dict[str, Any]]) -> None:
    origins = Origins()
    items, witnesses = [], []
    for span in spans:
        resource = origins.of(span["resource"]).resource
        selected = SelectedSpan(ReadableSpan(**{**span, "resource": resource}), span["events"], None)
        items.append(span_of_events(envelopes(selected, select_all), STAMPS, origins, selected))
        about = {**written(identity(span["attributes"])), "posthog.only": True}
        events = [
            Event(replace_surrogates(event.name), written(event.attributes or {}), event.timestamp)
            for event in span["events"]
        ]
        witness = {**span, "name": replace_surrogates(span["name"]), "attributes": about, "events": events}
        witnesses.append(ReadableSpan(**{**witness, "resource": resource}, instrumentation_scope=SCOPE))
    assert bytes_of(request_of_spans(items)) == bytes_of(encoded(witnesses))


envelope = st.builds(
    Envelope,
    text,
    attributes,
    times,
    trace_ids,
    span_ids,
    st.just(0),
    attributes,
    st.sampled_from(RESOURCES),
)


@given(envelope, st.lists(st.tuples(text, attributes, times), max_size=3))
def test_recorded_events_of_one_span(first: Envelope, others: list[tuple[str, Any, int]]) -> None:
    events = [first]
    for name, own, time in others:
        events.append(replace(first, name=name, attributes=own, time_unix_nano=time))
    origins = Origins("release-1")
    witness = ReadableSpan(
        replace_surrogates(first.name),
        SpanContext(first.trace_id, first.span_id, is_remote=False),
        resource=Resource({**first.resource, "posthog.release_id": "release-1"}),
        attributes={**written(identity(first.span_attributes)), "posthog.only": True},
        events=[
            Event(replace_surrogates(event.name), written(event.attributes), event.time_unix_nano)
            for event in events
        ],
        start_time=min(event.time_unix_nano for event in events),
        end_time=max(event.time_unix_nano for event in events),
        instrumentation_scope=SCOPE,
    )
    message = request_of_spans([span_of_events(events, STAMPS, origins)])
    assert bytes_of(message) == bytes_of(encoded([witness]))


@given(envelope, attributes, st.booleans(), st.integers(1, 5))
def test_an_error(event: Envelope, entry: dict[str, Any], is_handled: bool, occurrences: int) -> None:
    event.attributes = {**event.attributes, "exception.type": "LookupError", "exception.message": "out"}
    error = ErrorRecord(event, entry, is_handled=is_handled)
    mapper = ErrorMapper(Settings(groups={"team": "shop.team.id"}), lambda: None)
    time = event.time_unix_nano
    witness = ReadableSpan(
        "exception",
        SpanContext(event.trace_id, event.span_id, is_remote=False),
        resource=Resource(event.resource),
        attributes={**written(mapper.view(error)), "posthog.only": True},
        events=[
            Event("exception", {"posthog.error": write_error(error, occurrences, mapper.listed(error))}, time)
        ],
        start_time=time,
        end_time=time,
        instrumentation_scope=SCOPE,
    )
    message = request_of_spans([span_of_error(error, occurrences, mapper, STAMPS, Origins())])
    assert bytes_of(message) == bytes_of(encoded([witness]))


@given(st.lists(envelope, max_size=4))
def test_a_log_record(events: list[Envelope]) -> None:
    origins = Origins()
    witnesses = []
    for event in events:
        context = SpanContext(event.trace_id, event.span_id, is_remote=False, trace_flags=TraceFlags(1))
        around = identity(event.span_attributes)
        if not STAMPS.isdisjoint(event.attributes):
            around = {name: around[name] for name in ("posthog.opted_out",) if name in around}
        record = LogRecord(
            timestamp=event.time_unix_nano,
            observed_timestamp=event.time_unix_nano,
            context=trace.set_span_in_context(NonRecordingSpan(context)),
            severity_number=SeverityNumber.INFO,
            event_name=replace_surrogates(event.name),
            attributes=written({**around, **event.attributes, "posthog.only": True}),
        )
        witnesses.append(ReadableLogRecord(record, Resource(event.resource), SCOPE))
    message = request_of_logs([log_record_of(event, STAMPS, origins) for event in events])
    assert bytes_of(message) == bytes_of(encode_logs(witnesses))
