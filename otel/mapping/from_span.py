"""Conversion of an ended span to the envelopes of the span events that PostHog gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.util.types import Attributes

from otel.attributes import EXCEPTION_EVENT, ORDINAL
from otel.envelope import Envelope
from otel.exceptions import hook_of
from otel.mapping.errors import ErrorRecord, http_status

__all__ = ["as_dict", "envelope_of", "envelopes", "errors_of", "ordinal_of"]

_ENTRY_KINDS = frozenset({SpanKind.SERVER, SpanKind.CONSUMER})


def envelopes(span: ReadableSpan, selects: Callable[[str], bool]) -> list[Envelope]:
    """Return the envelopes of a span's business events, in recorded order.

    Args:
        span: an ended span.
        selects: a predicate: whether PostHog gets span events with this name.
    """
    found: list[Envelope] = []
    seen: dict[tuple[str, int], int] = {}
    for event in span.events:
        if event.name != EXCEPTION_EVENT and selects(event.name):
            key = event.name, event.timestamp
            ordinal = seen.get(key, 0)
            seen[key] = ordinal + 1
            found.append(envelope_of(span, event, ordinal))
    return found


def errors_of(span: ReadableSpan) -> list[ErrorRecord]:
    """Return the error that ended an entry span, judged by the span alone.

    Without the span processor, the handling of inner exceptions is unknown. Therefore only entry spans count,
    and only if the response's status is 500 or above.

    Args:
        span: an ended span.
    """
    attributes = as_dict(span.attributes)
    is_entry = span.kind in _ENTRY_KINDS or span.parent is None or span.parent.is_remote
    status = http_status(attributes)
    if not is_entry or span.status.status_code is not StatusCode.ERROR or (status or 500) < 500:
        return []
    exceptions = [event for event in span.events if event.name == EXCEPTION_EVENT]
    return [
        ErrorRecord(envelope_of(span, event), attributes, is_handled=False, hook=hook_of(span))
        for event in exceptions[-1:]
    ]


def envelope_of(span: ReadableSpan, event: Event, ordinal: int = 0) -> Envelope:
    """Return the envelope of one span event.

    Args:
        span: the span that contains the event.
        event: the span event.
        ordinal: the event's position among the span's events with the same name and time.
    """
    context = span.context
    attributes = as_dict(event.attributes)
    return Envelope(
        event.name,
        attributes,
        event.timestamp,
        context.trace_id if context is not None else 0,
        context.span_id if context is not None else 0,
        ordinal_of(attributes, ordinal),
        as_dict(span.attributes),
        span.resource.attributes,
    )


def ordinal_of(attributes: Mapping[str, Any], counted: int) -> int:
    """Return an event's position among events with the same span, name and time.

    Args:
        attributes: the event's attributes, whose explicit position takes precedence.
        counted: the position that the caller counted.
    """
    stated = attributes.get(ORDINAL)
    return stated if type(stated) is int and stated >= 0 else counted


def as_dict(attributes: Attributes) -> dict[str, Any]:
    """Return attributes as a dict, because each lookup in the SDK's own mapping takes ten times as long.

    Args:
        attributes: the attributes of a span, span event or link.
    """
    # The SDK's mapping copies itself to a dict; `dict()` would look up each key and value.
    copy = getattr(attributes, "copy", None)
    return dict(attributes or {}) if copy is None else copy()
