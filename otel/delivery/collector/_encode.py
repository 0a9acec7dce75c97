"""Spans and log records for PostHog only, with nothing but the attributes that mapping reads."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from otel.attributes import ERROR, EXCEPTION_EVENT, OPTED_OUT, POSTHOG_ONLY
from otel.delivery.collector.error_payload import write_error
from otel.mapping.errors import ErrorMapper, ErrorRecord
from otel.mapping.from_span import as_dict
from otel.mapping.origin import Origins
from otel.selecting import SelectedSpan
from otel.text.unicode import is_unicode, replace_surrogates

__all__ = ["log_record_of", "span_of_error", "span_of_events", "to_otlp_value"]

_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_SCOPE = InstrumentationScope("otel")

# The range of protobuf's int64.
_MIN_INT, _MAX_INT = -(2**63), 2**63 - 1


def span_of_events(
    span: SelectedSpan, events: list[Event], stamps: AbstractSet[str], origins: Origins
) -> ReadableSpan:
    """Return a span that carries business events to the Collector, with the span's own ids and times.

    Args:
        span: selected.
        events: its business events, without those that must not leave.
        stamps: the names of the attributes that carry identity; other attributes of the span do not leave.
        origins: the programs that spans come from, with their releases.
    """
    around = {name: value for name, value in as_dict(span.attributes).items() if name in stamps}
    return ReadableSpan(
        name=to_otlp_value(span.name),
        context=span.context,
        resource=origins.of(span.resource.attributes).resource,
        attributes={**_writable_attributes(around, stamps), POSTHOG_ONLY: True},
        events=[_writable_event(event, stamps) for event in events],
        kind=span.kind,
        start_time=span.start_time,
        end_time=span.end_time,
    )


def span_of_error(
    error: ErrorRecord, occurrences: int, mapper: ErrorMapper, stamps: AbstractSet[str], origins: Origins
) -> ReadableSpan:
    """Return a span that carries an error to the Collector, with the ids of the span it was recorded on.

    Args:
        error: what happened.
        occurrences: the number of errors that it represents.
        mapper: makes its `$exception_list`.
        stamps: the names of the attributes that carry identity.
        origins: the programs that spans come from, with their releases.
    """
    envelope = error.envelope
    time = envelope.time_unix_nano
    text = write_error(error, occurrences, mapper.listed(error))
    entry = mapper.view(error)
    return ReadableSpan(
        name=EXCEPTION_EVENT,
        context=SpanContext(envelope.trace_id, envelope.span_id, is_remote=False, trace_flags=_SAMPLED),
        resource=origins.of(envelope.resource).resource,
        attributes={**_writable_attributes(entry, stamps), POSTHOG_ONLY: True},
        events=[Event(EXCEPTION_EVENT, {ERROR: text}, time)],
        start_time=time,
        end_time=time,
    )


def log_record_of(span: ReadableSpan, stamps: AbstractSet[str]) -> ReadableLogRecord:
    """Return the log record that carries a business event to the Collector, with its identity.

    Args:
        span: selected, with `is_log`.
        stamps: the names of the attributes that carry identity.
    """
    (event,) = span.events
    attributes, around = as_dict(event.attributes), as_dict(span.attributes)
    # As in `identify`: the event's own identity replaces the span's as a whole; an opt-out counts in both
    # places.
    carried = stamps if stamps.isdisjoint(attributes) else ()
    identity = {name: around[name] for name in (*carried, OPTED_OUT) if name in around}
    context = span.context
    record = LogRecord(
        timestamp=event.timestamp,
        observed_timestamp=event.timestamp,
        context=trace.set_span_in_context(NonRecordingSpan(context)) if context is not None else None,
        severity_number=SeverityNumber.INFO,
        event_name=event.name,
        attributes={**identity, **attributes, POSTHOG_ONLY: True},
    )
    return ReadableLogRecord(record, span.resource, _SCOPE)


def to_otlp_value(value: Any) -> Any:
    """Return a value that protobuf can hold, converted as mapping would convert it anyway.

    OpenTelemetry's encoder leaves out attributes that it cannot encode.

    Args:
        value: the value of an attribute, or a name.
    """
    if isinstance(value, str):
        return replace_surrogates(value)
    if isinstance(value, int):
        return value if _MIN_INT <= value <= _MAX_INT else hex(value)
    if isinstance(value, list | tuple):
        return tuple(to_otlp_value(one) for one in value)
    if isinstance(value, Mapping):
        return {to_otlp_value(str(name)): to_otlp_value(one) for name, one in value.items()}
    return value


def _writable_event(event: Event, stamps: AbstractSet[str]) -> Event:
    return Event(
        to_otlp_value(event.name), _writable_attributes(as_dict(event.attributes), stamps), event.timestamp
    )


def _writable_attributes(attributes: Mapping[str, Any], stamps: AbstractSet[str]) -> dict[str, Any]:
    written = {}
    for name, value in attributes.items():
        kind = type(value)
        if (kind is str and value.isascii()) or kind is bool or kind is float:  # most values, unchanged
            text = value
        elif name in stamps and kind is str and not is_unicode(value):
            text = ""  # an invalid id belongs to nobody; repaired, it could belong to somebody
        else:
            text = to_otlp_value(value)
        written[name if name.isascii() else to_otlp_value(name)] = text
    return written
