"""The third form in which an event leaves: its envelope, queued when the event has become true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind

from otel._tracer import own_tracer
from otel.attributes import OPTED_OUT, ORDINAL
from otel.identity import has_identity
from otel.mapping.from_span import ordinal_of
from otel.recording import SpanEmitter, SpanRoom
from otel.selecting._recorded import EVENTS_BETWEEN_LOOKS, RecordedOn
from otel.selecting.selected import RecordedEvent
from otel.selecting.span_processor import PostHogSpanProcessor

__all__ = ["QueueEmitter"]

_TASK = SpanKind.CONSUMER


class QueueEmitter:
    """An emitter that queues the event itself, and adds it to the current span for those who read traces.

    Such an event does not depend on its span: the span may be full, last for hours or never end. An event of
    nobody waits for the end of its span, because a login may follow. Thread-safe.

    Args:
        processor: queues events, and recognizes them when their span ends.
    """

    def __init__(self, processor: PostHogSpanProcessor) -> None:
        self._processor = processor
        self._recorded = processor.recorded
        self._special = processor.identity_attributes | {ORDINAL}
        self._room = SpanRoom()
        self._spans = SpanEmitter()

    def emit(
        self,
        name: str,
        attributes: dict[str, Any],
        stamps: Mapping[str, Any],
        time_unix_nano: int,
        span: trace.Span,
    ) -> bool:
        """Queue an event and add it to a span; return False if nothing is recorded.

        Args:
            name: the event's.
            attributes: its properties.
            stamps: its identity.
            time_unix_nano: when it happened.
            span: the span that was current.
        """
        if self._processor.is_replaced:  # since the event was recorded in a transaction
            return self._spans.emit(name, attributes, stamps, time_unix_nano, span)
        own = recorded = None
        if isinstance(span, ReadableSpan) and span.is_recording():
            recorded = self._recorded.on(span, span.get_span_context())
            if not self._takes(span, recorded, is_held=not stamps):
                recorded = None
        if recorded is None:
            own = own_tracer().start_span(name, trace.set_span_in_context(span))
            if not isinstance(own, ReadableSpan) or not own.is_recording():
                return False
            span, recorded = own, self._recorded.on(own, own.get_span_context())
        if stamps and not has_identity() and self._processor.identity_at(span).get(OPTED_OUT):
            stamps = {**stamps, OPTED_OUT: True}  # the program says so on the span itself
        # Before the span has the event: another thread may end the span at any moment.
        ordinal = self._recorded.add(recorded, name, time_unix_nano)
        if not self._special.isdisjoint(attributes):
            # A property has the name of an identity attribute; the mapping expects all of them in one place.
            attributes = {**attributes, **stamps}
            ordinal = ordinal_of(attributes, ordinal)
        event = RecordedEvent(
            name,
            attributes,
            time_unix_nano,
            recorded.trace_id,
            recorded.span_id,
            ordinal,
            stamps,
            recorded.resource,
        )
        span.add_event(name, attributes, time_unix_nano)
        if stamps:
            self._processor.enqueue(event)
        else:
            self._processor.hold(event, recorded)
            if not span.is_recording():  # another thread has ended it
                self._processor.release(recorded.span_id)
        if own is not None:
            own.end()
        return True

    def _takes(self, span: ReadableSpan, recorded: RecordedOn, *, is_held: bool) -> bool:
        """Whether an event can be added to a span, and wait for its end if it is held."""
        # In a task's trace, an event has a span of its own, which shows when it happened among the calls.
        if span.kind is _TASK or (is_held and not self._room.ends_soon(span)):
            return False
        if not recorded.is_full and len(recorded.keys) % EVENTS_BETWEEN_LOOKS == 0:
            recorded.is_full = not self._room.has_room(span, EVENTS_BETWEEN_LOOKS)
        return not recorded.is_full
