"""Conversion of an ended span to the envelopes of the span events that PostHog gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.util.types import Attributes

from otel.attributes import EXCEPTION_EVENT, ORDINAL
from otel.envelope import Envelope
from otel.exceptions import hook_of, raise_site
from otel.mapping.errors import ErrorRecord, http_status

__all__ = [
    "as_dict",
    "envelope_of",
    "envelopes",
    "error_of",
    "errors_of",
    "has_escaped",
    "has_failed",
    "is_call",
    "is_entry",
    "language_of",
    "ordinal_of",
]

_ENTRY_KINDS = frozenset({SpanKind.SERVER, SpanKind.CONSUMER})
# Whether the caller of a failed call handles it shows on another span, if anywhere.
_CALLS = frozenset({SpanKind.CLIENT, SpanKind.PRODUCER})


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

    Without the span processor, the handling of inner exceptions is unknown. Therefore only entry spans count.

    Args:
        span: an ended span.
    """
    exceptions = [event for event in span.events if event.name == EXCEPTION_EVENT]
    if not exceptions or not is_entry(span) or not has_failed(span):
        return []
    return [error_of(span, exceptions[-1], span)]


def is_entry(span: ReadableSpan) -> bool:
    """Whether a span is a request, a task or a script, and not a call to a service or a part of another span.

    Args:
        span: an ended span.
    """
    return span.kind in _ENTRY_KINDS or (_is_first(span) and not is_call(span))


def is_call(span: ReadableSpan) -> bool:
    """Whether a span is a call to a service or database; its caller may have handled its failure.

    Args:
        span: an ended span.
    """
    return span.kind in _CALLS


def has_failed(span: ReadableSpan) -> bool:
    """Whether an entry span has failed, so that its last exception is an error.

    A response with the status 300 to 499 is not a failure of the program. A better status with an error
    belongs to a response that broke after it had begun, or to a failure that the developer recorded.

    Args:
        span: an entry span.
    """
    status = http_status(span.attributes or {})
    if status is not None and status >= 300:
        return status >= 500
    return span.status.status_code is StatusCode.ERROR or any(has_escaped(span, one) for one in span.events)


def has_escaped(span: ReadableSpan, event: Event) -> bool:
    """Whether an exception is known to have left its span.

    Go's SDK records a panic when it passes through a span, after it has taken the end of the span.

    Args:
        span: the span that contains the event.
        event: a span event.
    """
    if event.name != EXCEPTION_EVENT:
        return False
    if str((event.attributes or {}).get("exception.escaped")).lower() == "true":
        return True
    return language_of(span) == "go" and event.timestamp >= (span.end_time or 0) > 0


def error_of(span: ReadableSpan, event: Event, entry: ReadableSpan | None) -> ErrorRecord:
    """Return the error that a span event describes.

    Args:
        span: the span that contains the event.
        event: a span event `exception`.
        entry: the entry span that it ended; None if that is unknown, and so whether it was handled.
    """
    about = entry or span
    attributes = as_dict(about.attributes)
    is_handled = None
    if entry is not None and ((http_status(attributes) or 500) >= 500 or has_escaped(span, event)):
        is_handled = False
    error = ErrorRecord(envelope_of(span, event), attributes, is_handled, hook_of(about))
    error.raise_site = raise_site(error.exceptions)
    return error


def language_of(span: ReadableSpan) -> str:
    """Return the language of the SDK that recorded a span; empty if unknown.

    Args:
        span: an ended span.
    """
    return str(span.resource.attributes.get("telemetry.sdk.language", ""))


def _is_first(span: ReadableSpan) -> bool:
    return span.parent is None or span.parent.is_remote


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
