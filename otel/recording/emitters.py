"""Two forms in which an event leaves the request: a span event or a log record."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Protocol

from opentelemetry import trace
from opentelemetry._logs import LoggerProvider, SeverityNumber
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits
from opentelemetry.trace import SpanKind

from otel._tracer import own_tracer

__all__ = ["LONG_LIVED_NS", "Emitter", "LogEmitter", "SpanEmitter", "SpanRoom"]

# What waits for the end of a span should not wait long. Pages answer in well under a second, so a span this
# old belongs to a command, a task or a socket.
LONG_LIVED_NS = 5_000_000_000

# The number of events that are left free on a span for exceptions and for the plain API: a full span silently
# drops its oldest event (`otel.md` section 4).
_HEADROOM = 16


class Emitter(Protocol):
    """A form in which events leave."""

    def emit(
        self,
        name: str,
        attributes: dict[str, Any],
        stamps: Mapping[str, Any],
        time_unix_nano: int,
        span: trace.Span,
    ) -> bool:
        """Emit an event in the context of `span`; return False if nothing records it.

        Args:
            name: the event's.
            attributes: its properties; not changed from now on.
            stamps: its identity, which other events share.
            time_unix_nano: when it happened.
            span: the span that was current.
        """
        ...


class SpanRoom:
    """The rules for adding an event to a span. Thread-safe."""

    def __init__(self) -> None:
        limit = SpanLimits().max_events
        self._full = None if limit is None else max(limit - _HEADROOM, 0)

    def has_room(self, span: ReadableSpan, events: int = 1) -> bool:
        """Whether a span has room for more events and for the exceptions that may follow.

        Args:
            span: recording.
            events: how many.
        """
        return self._full is None or len(span.events) + events <= self._full

    @staticmethod
    def ends_soon(span: ReadableSpan) -> bool:
        """Whether an event may wait for the end of a span.

        Args:
            span: recording.
        """
        return span.kind is not SpanKind.CONSUMER and time.time_ns() - (span.start_time or 0) < LONG_LIVED_NS


class SpanEmitter:
    """An emitter of span events. Thread-safe.

    Events are added to the current span, or to a short span of their own where the current span would lose or
    delay them.
    """

    def __init__(self) -> None:
        self._room = SpanRoom()

    def emit(
        self,
        name: str,
        attributes: dict[str, Any],
        stamps: Mapping[str, Any],
        time_unix_nano: int,
        span: trace.Span,
    ) -> bool:
        """Add an event to a span; return False if the span is not recorded.

        Args:
            name: the event's.
            attributes: its properties.
            stamps: its identity.
            time_unix_nano: when it happened.
            span: the span that was current.
        """
        stamped = {**attributes, **stamps}
        if self._has_room(span):
            span.add_event(name, stamped, time_unix_nano)
            return True
        own = own_tracer().start_span(name, trace.set_span_in_context(span))
        own.add_event(name, stamped, time_unix_nano)
        is_recording = own.is_recording()
        own.end()
        return is_recording

    def _has_room(self, span: trace.Span) -> bool:
        return (
            span.is_recording()
            and isinstance(span, ReadableSpan)
            and self._room.ends_soon(span)
            and self._room.has_room(span)
        )


class LogEmitter:
    """An emitter of log records with an `event_name`, in the context of the current span. Thread-safe.

    A record leaves when it is emitted, however long its span still lasts, and the number of records is not
    limited.

    Args:
        provider: the SDK's logger provider.
    """

    def __init__(self, provider: LoggerProvider) -> None:
        self._logger = provider.get_logger("otel")

    def emit(
        self,
        name: str,
        attributes: dict[str, Any],
        stamps: Mapping[str, Any],
        time_unix_nano: int,
        span: trace.Span,
    ) -> bool:
        """Emit an event; return False if no processor takes it.

        Outside any trace, a short span provides one, as with the other emitters.

        Args:
            name: the event's.
            attributes: its properties.
            stamps: its identity.
            time_unix_nano: when it happened.
            span: the span that was current.
        """
        if not self._logger.enabled(event_name=name):
            return False
        own = None if span.get_span_context().is_valid else own_tracer().start_span(name)
        self._logger.emit(
            timestamp=time_unix_nano,
            context=trace.set_span_in_context(own or span),
            severity_number=SeverityNumber.INFO,  # backends of logs drop or hide what has none
            event_name=name,
            attributes={**attributes, **stamps},
        )
        if own is not None:
            own.end()
        return True
