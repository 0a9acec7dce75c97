"""The span processor that queues business events and errors on spans, sampled or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Event, ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import StatusCode

from otel._fork import call_in_child
from otel._guard import report_internal_error
from otel.attributes import EXCEPTION_EVENT, OPTED_OUT
from otel.exceptions import Hook
from otel.identity import current_identity
from otel.mapping.from_span import as_dict
from otel.reasons import Reason
from otel.selecting._open_spans import OpenSpans, is_outgoing_call
from otel.selecting._queue import BatchExporter, DeliveryQueue
from otel.selecting._recorded import RecordedEvents, RecordedOn
from otel.selecting._sightings import observe_exceptions
from otel.selecting.selected import RecordedEvent, Selected, SelectedSpan

__all__ = ["PostHogSpanProcessor"]


class PostHogSpanProcessor(SpanProcessor):
    """A span processor that queues business events and errors on spans, sampled or not. Thread-safe.

    Events from `record` are queued when they are recorded, so the end of a span adds only the others: events
    that were added with OpenTelemetry's API, and errors. No hook raises: an exception would break the
    product and starve the processors after this one (`otel.md` section 4).

    Args:
        exporter: gets `RecordedEvent`s and `SelectedSpan`s; its mapper, ledger and journal are used here as
            well.
        groups: the attribute that carries the key, for each group type.
        flush_timeout: seconds that a shutdown may take.
        max_queue_size: items; `OTEL_BSP_MAX_QUEUE_SIZE` by default.
        schedule_delay_millis: between exports; `OTEL_BSP_SCHEDULE_DELAY` by default.
        recorded: the recorded events of the open spans, if this processor replaces another one.
    """

    def __init__(
        self,
        exporter: BatchExporter,
        *,
        groups: Mapping[str, str],
        flush_timeout: float,
        max_queue_size: int | None = None,
        schedule_delay_millis: float | None = None,
        recorded: RecordedEvents | None = None,
    ) -> None:
        self.selects = exporter.map.selects
        self.identity_attributes = exporter.map.stamps
        self.ledger = exporter.ledger
        self.recorded = recorded or RecordedEvents()
        self.recorded.before_forgetting = self.release
        self._groups = groups
        self._open_spans = OpenSpans()
        self._queue = DeliveryQueue(exporter, flush_timeout, max_queue_size, schedule_delay_millis)
        self._journal = self._queue.journal
        self._is_replaced = False
        observe_exceptions()
        call_in_child(self._after_fork)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the interface
        """Follow a span that starts.

        Args:
            span: recording.
            parent_context: the context that holds its parent.
        """
        if self._is_replaced or is_outgoing_call(span):
            return
        try:
            self._open_spans.start(span)
        except Exception as problem:  # noqa: BLE001 - a hook must not raise
            report_internal_error("following a span", problem)

    def on_end(self, span: ReadableSpan) -> None:
        """Queue what a span carries for PostHog.

        Args:
            span: ended.
        """
        if self._is_replaced or span.context is None:
            return
        events: Sequence[Event] = span.events
        recorded = self.recorded.end(span.context.span_id)
        if not events and recorded is None and is_outgoing_call(span):
            return
        others = events if recorded is None else recorded.take_out(events)
        identity = None
        if others or (recorded is not None and (recorded.held or span.dropped_events)):
            identity = self._select_events(span, others, recorded)
        self._select_errors(span, others, identity)

    def shutdown(self) -> None:
        """Deliver what is queued, within the exporter's deadline, and end."""
        if self._queue.is_shut_down:
            return
        if not self._is_replaced:
            for span_id in self.recorded.spans():
                self.release(span_id)
        self._queue.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Deliver what is queued; return whether all of it was, within the time.

        Args:
            timeout_millis: milliseconds.
        """
        return self._queue.flush(timeout_millis)

    def remember_exception(self, exception: BaseException, span_id: int) -> None:
        """Keep the exception that ends an entry span, which its instrumentation may not record.

        Args:
            exception: being handled by the framework.
            span_id: of the current span.
        """
        self._open_spans.remember(exception, span_id)

    def is_reported(self, exception: BaseException) -> bool:
        """Whether an exception was reported as an error lately.

        Args:
            exception: any.
        """
        return self._open_spans.is_reported(exception)

    def log_exception(self, span: ReadableSpan, event: Event, exception: BaseException | None) -> None:
        """Queue a logged exception, if it is certain to be an error of its own.

        Args:
            span: the current span, or one that stands for the place outside any.
            event: describes the exception.
            exception: the exception; None if only its description is known.
        """
        for logged, error in self._open_spans.log(span, event, exception):
            self.enqueue(SelectedSpan(logged, (), None, (error,)))

    def report_uncaught(self, span: ReadableSpan, exception: BaseException, hook: Hook) -> None:
        """Queue an exception that nobody has caught, unless it was reported already.

        Args:
            span: the current span, or one that stands for the place outside any.
            exception: the exception.
            hook: the hook that caught it.
        """
        for failed, error in self._open_spans.uncaught(span, exception, hook):
            self.enqueue(SelectedSpan(failed, (), None, (error,)))

    def mark_expected(self, span_id: int) -> None:
        """Mark the exception that ends an entry span as expected, so that it is not an error.

        Args:
            span_id: of the current span.
        """
        entry = self._open_spans.current(span_id)
        if entry is not None:
            entry.is_expected = True

    def enqueue(self, item: Selected) -> None:
        """Queue an event or a selected span for delivery.

        Args:
            item: for the exporter.
        """
        if self._is_replaced:
            return
        if self._journal.is_on:
            self._journal.append(item)
        self._queue.put(item)

    def hold(self, event: RecordedEvent, on: RecordedOn) -> None:
        """Keep an event of nobody until its span ends, because a login may follow.

        Args:
            event: without stamps.
            on: the recorded events of its span.
        """
        if self._is_replaced:
            return
        self._journal.append(event)
        if not self.recorded.hold(event, on):
            self._complete((event,), self._identity_by(on.span_id))

    def release(self, span_id: int) -> None:
        """Queue the events that are held for a span, because their person will not change any more.

        Args:
            span_id: of the span.
        """
        held = self.recorded.release(span_id)
        if held:
            self._complete(held, self._identity_by(span_id))

    def identity_at(self, span: trace.Span) -> dict[str, Any]:
        """Return the identity attributes for something that happens in a span.

        They are those of the current request or task, or else those of the span and its entry span.

        Args:
            span: the current span.
        """
        known = current_identity()
        if known is not None:
            return dict(known.entry_attributes(self._groups))
        own = as_dict(span.attributes) if isinstance(span, ReadableSpan) else {}
        context = span.get_span_context()
        entry = self._open_spans.around(context.trace_id, context.span_id)
        return own if entry is None else as_dict(entry.span.attributes) | own

    @property
    def is_replaced(self) -> bool:
        """Whether another processor has replaced this one."""
        return self._is_replaced

    def replace(self) -> None:
        """Deliver what is queued and ignore all further spans, because another processor takes over.

        A provider has no way to remove a processor.
        """
        self._is_replaced = True
        self.shutdown()

    def _select_events(
        self, span: ReadableSpan, others: Sequence[Event], recorded: RecordedOn | None
    ) -> dict[str, Any] | None:
        """Queue a span's business events; return the identity that holds for the span."""
        chosen: Sequence[Event] = ()
        held = [] if recorded is None else recorded.held
        unqueued = len(held)
        identity = None
        try:
            selects = self.selects
            chosen = [event for event in others if event.name != EXCEPTION_EVENT and selects(event.name)]
            unqueued += len(chosen)
            identity = self._identity(span)
            if held:
                self._complete(held, as_dict(span.attributes) if identity is None else identity)
                unqueued -= len(held)
            if chosen:
                self.enqueue(SelectedSpan(span, chosen, identity))
                unqueued = 0
            if (chosen or recorded is not None) and span.dropped_events:
                # Recorded events that the limit has dropped have left.
                dropped = span.dropped_events - (0 if recorded is None else len(recorded))
                self.ledger.lost(Reason.SPAN_EVENT_LIMIT, max(dropped, 0))
        except Exception as problem:  # noqa: BLE001 - a hook must not raise
            self.ledger.lost(Reason.MAPPING_FAILED, unqueued)
            report_internal_error("selecting a span", problem)
        return identity

    def _select_errors(
        self, span: ReadableSpan, others: Sequence[Event], identity: dict[str, Any] | None
    ) -> None:
        """Queue the errors that are certain now that a span has ended."""
        unqueued = None
        try:
            exceptions = [event for event in others if event.name == EXCEPTION_EVENT] if others else others
            errors = self._open_spans.end(span, exceptions, identity)
            unqueued = len(errors)
            for failed, error in errors:
                self.enqueue(SelectedSpan(failed, (), None, (error,)))
                unqueued -= 1
        except Exception as problem:  # noqa: BLE001 - as above
            if unqueued is None:
                # It cannot be judged; its status is the best sign that it ended with an error.
                unqueued = int(span.parent is None and span.status.status_code is StatusCode.ERROR)
            self.ledger.lost(Reason.MAPPING_FAILED, unqueued)
            report_internal_error("judging a span", problem)

    def _complete(self, held: Sequence[RecordedEvent], known: Mapping[str, Any]) -> None:
        """Queue events that were recorded before it was known whose they are."""
        names = (*self.identity_attributes, OPTED_OUT)
        stamps = {name: known[name] for name in names if name in known}
        for event in held:
            if stamps:
                event.span_attributes = stamps
                self._journal.rewrite(event)
            self._queue.put(event)

    def _identity_by(self, span_id: int) -> dict[str, Any]:
        entry = self._open_spans.current(span_id)
        return {} if entry is None else self.identity_at(entry.span)

    def _identity(self, span: ReadableSpan) -> dict[str, Any] | None:
        """Return the identity of a span's events, as `identity_at`; None if it is the span's own."""
        known = current_identity()
        if known is not None:
            return dict(known.entry_attributes(self._groups))
        context = span.context
        entry = self._open_spans.around(context.trace_id, context.span_id) if context is not None else None
        if context is None or entry is None or entry.span_id == context.span_id:
            return None
        return as_dict(entry.span.attributes) | as_dict(span.attributes)

    def _after_fork(self) -> None:
        self._queue.reset()
        self._open_spans = OpenSpans()
