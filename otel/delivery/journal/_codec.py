"""A recorded event or a selected span as one line of the journal, and back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import SpanContext, TraceFlags

from otel.attributes import ORDINAL
from otel.envelope import Envelope
from otel.exceptions import BY_HAND, ExceptionSnapshot, Hook
from otel.mapping.errors import ErrorRecord
from otel.mapping.from_span import as_dict
from otel.outcomes import lossless_json
from otel.selecting import RecordedEvent, SelectedSpan

__all__ = ["line_of", "line_of_event", "span_of"]

_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
# orjson's encoding of NaN and infinities; a string with this word only takes the slower path.
_NULL = b"null"


def line_of(span: SelectedSpan, origin: Mapping[str, str]) -> bytes:
    """Encode a span with everything that mapping reads.

    orjson takes a tenth of the time of the lossless encoding, which is used only where orjson would change a
    value.

    Args:
        span: selected, in the thread that ended it.
        origin: the program and release that it comes from, as resource attributes, because another release
            may deliver it.
    """
    context = span.context
    fields: dict[str, Any] = {
        "trace": hex(context.trace_id) if context is not None else "0x0",  # more than 64 bits
        "span": context.span_id if context is not None else 0,
        "origin": origin,
        "about": as_dict(span.attributes),
        "events": [(event.name, event.timestamp, as_dict(event.attributes)) for event in span.events],
    }
    if span.errors:
        fields["errors"] = [_error_fields(error) for error in span.errors]
        return lossless_json.dumps(fields) + b"\n"
    return _line(fields)


def line_of_event(event: RecordedEvent, origin: Mapping[str, str]) -> bytes:
    """Encode a recorded event as a span with one event.

    Args:
        event: in the thread that recorded it.
        origin: as for `line_of`.
    """
    attributes = event.attributes
    if event.ordinal:
        attributes = {**attributes, ORDINAL: event.ordinal}
    return _line(
        {
            "trace": hex(event.trace_id),
            "span": event.span_id,
            "origin": origin,
            "about": event.span_attributes,
            "events": ((event.name, event.time_unix_nano, attributes),),
        }
    )


def _line(fields: dict[str, Any]) -> bytes:
    try:
        line = orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # bytes, an integer of more than 64 bits, or a lone surrogate
        line = _NULL
    return lossless_json.dumps(fields) + b"\n" if _NULL in line else line


def span_of(line: bytes) -> SelectedSpan:
    """Return what `line_of` or `line_of_event` encoded, as a span.

    Args:
        line: one line.

    Raises:
        Exception: of any kind, if this version cannot read the line.
    """
    fields = lossless_json.loads(line)
    trace_id, span_id = int(fields["trace"], 16), fields["span"]
    context = SpanContext(trace_id, span_id, is_remote=False, trace_flags=_SAMPLED)
    # Absent from lines of earlier versions.
    resource = _resource(tuple(sorted(fields.get("origin", {}).items())))
    span = ReadableSpan("", context, resource=resource, attributes=_attributes(fields["about"]))
    events = [Event(name, _attributes(attributes), time) for name, time, attributes in fields["events"]]
    errors = tuple(
        _error(trace_id, span_id, error, resource.attributes) for error in fields.get("errors", ())
    )
    return SelectedSpan(span, events, None, errors)


def _error_fields(error: ErrorRecord) -> dict[str, Any]:
    envelope = error.envelope
    return {
        "name": envelope.name,
        "attributes": envelope.attributes,
        "time": envelope.time_unix_nano,
        "ordinal": envelope.ordinal,
        "entry": error.entry,
        "handled": error.is_handled,
        "hook": error.hook,
        "live": error.live,
    }


def _error(
    trace_id: int, span_id: int, fields: Mapping[str, Any], resource: Mapping[str, Any]
) -> ErrorRecord:
    entry = _attributes(fields["entry"])
    envelope = Envelope(
        fields["name"],
        _attributes(fields["attributes"]),
        fields["time"],
        trace_id,
        span_id,
        fields["ordinal"],
        entry,  # identity is stamped on the entry span
        resource,
    )
    hook = Hook(*fields["hook"]) if "hook" in fields else BY_HAND
    live = None if fields["live"] is None else ExceptionSnapshot.from_fields(*fields["live"])
    return ErrorRecord(envelope, entry, fields["handled"], hook, live)


@lru_cache(maxsize=64)  # a journal's lines come from a few releases of one program
def _resource(origin: tuple[tuple[str, str], ...]) -> Resource:
    return Resource(dict(origin))


def _attributes(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in fields.items()}


def _value(value: Any) -> Any:
    """Return a value with tuples instead of lists, as OpenTelemetry holds it."""
    if isinstance(value, list):
        return tuple(_value(one) for one in value)
    return _attributes(value) if isinstance(value, dict) else value
