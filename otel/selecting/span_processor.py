"""The span processor that queues spans with business events or errors, sampled or not."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.environment_variables import (
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
    OTEL_BSP_MAX_QUEUE_SIZE,
    OTEL_BSP_SCHEDULE_DELAY,
)
from opentelemetry.sdk.trace import Event, ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import StatusCode

from otel._fork import call_in_child
from otel._guard import report_internal_error, suppress_internal_errors
from otel.attributes import EXCEPTION_EVENT
from otel.exceptions import ExceptionSnapshot
from otel.identity import current_identity
from otel.mapping import Mapper
from otel.mapping.from_span import as_dict
from otel.outcomes import Ledger
from otel.reasons import Reason
from otel.selecting._open_spans import OpenSpans
from otel.selecting.selected import SelectedSpan

__all__ = ["PostHogSpanProcessor"]

# OpenTelemetry waits 5 s by default. A process that is killed loses what waits; a second of events is little,
# and sending them is cheap.
_SCHEDULE_DELAY_MS = 1_000.0

# OpenTelemetry's own default of 2,048 spans is a burst of a few seconds; a selected span holds about 2 KiB.
_MAX_QUEUE_SIZE = 10_000

# OpenTelemetry's own default.
_MAX_EXPORT_BATCH_SIZE = 512

# Made once: every span passes through it.
_FOLLOWING = suppress_internal_errors("following a span")


class SpanJournal(Protocol):
    """A store of spans on disk, which holds them until they are delivered."""

    def append(self, span: SelectedSpan) -> None:
        """Write a span before it is queued."""
        ...

    def defer(self, span: SelectedSpan) -> bool:
        """Defer a span that is not queued; return False if the journal does not hold it."""
        ...


class BatchExporter(Protocol):
    """An exporter with a deadline."""

    @property
    def map(self) -> Mapper: ...

    @property
    def ledger(self) -> Ledger: ...

    @property
    def journal(self) -> SpanJournal: ...

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Deliver a batch of spans."""
        ...

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Deliver what the exporter itself holds back."""
        ...

    def finish_by(self, deadline: float) -> None:
        """Give up at `deadline`, on the clock of `time.monotonic`."""
        ...

    def shutdown(self) -> None:
        """End."""
        ...


class PostHogSpanProcessor(SpanProcessor):
    """A span processor that queues spans with business events or errors, sampled or not. Thread-safe.

    The stock BatchSpanProcessor does the batching. It drops the oldest span of a full queue without counting
    it; this processor refuses the newest one before that happens, with a reason. No hook raises: an exception
    would break the product and starve the processors after this one (`otel.md` section 4).

    Args:
        exporter: gets `SelectedSpan`s; its mapper, ledger and journal are used here as well.
        groups: the attribute that carries the key, for each group type.
        flush_timeout: seconds that a shutdown may take.
        max_queue_size: spans; `OTEL_BSP_MAX_QUEUE_SIZE` by default.
        schedule_delay_millis: between exports; `OTEL_BSP_SCHEDULE_DELAY` by default.
    """

    def __init__(
        self,
        exporter: BatchExporter,
        *,
        groups: Mapping[str, str],
        flush_timeout: float,
        max_queue_size: int | None = None,
        schedule_delay_millis: float | None = None,
    ) -> None:
        self.selects = exporter.map.selects
        self.ledger = exporter.ledger
        self._journal = exporter.journal
        self._groups = groups
        self._flush_timeout = flush_timeout
        self._open_spans = OpenSpans()
        self._exporter = exporter
        self._queue = QueueGauge(exporter)
        self._max_queue_size = max_queue_size or _environ_int(OTEL_BSP_MAX_QUEUE_SIZE, _MAX_QUEUE_SIZE)
        if schedule_delay_millis is None and not os.environ.get(OTEL_BSP_SCHEDULE_DELAY):
            schedule_delay_millis = _SCHEDULE_DELAY_MS
        self._batches = BatchSpanProcessor(
            self._queue,
            max_queue_size=self._max_queue_size,
            # The stock processor refuses a batch larger than the queue, and with it the product's start.
            max_export_batch_size=min(
                _environ_int(OTEL_BSP_MAX_EXPORT_BATCH_SIZE, _MAX_EXPORT_BATCH_SIZE), self._max_queue_size
            ),
            schedule_delay_millis=schedule_delay_millis,
        )
        self._flushing = threading.Lock()
        self._is_shut_down = False
        self._is_replaced = False
        call_in_child(self._after_fork)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the interface
        """Follow a span that starts.

        Args:
            span: recording.
            parent_context: the context that holds its parent.
        """
        if self._is_replaced:
            return
        with _FOLLOWING:
            self._open_spans.start(span)

    def on_end(self, span: ReadableSpan) -> None:
        """Queue a span that carries something for PostHog.

        Args:
            span: ended.
        """
        if self._is_replaced:
            return
        self._select_errors(span, self._select_events(span) if span.events else None)

    def shutdown(self) -> None:
        """Deliver what is queued, within the exporter's deadline, and end."""
        if self._is_shut_down:
            return
        self._is_shut_down = True
        with suppress_internal_errors("setting a deadline for the end"):
            self._exporter.finish_by(time.monotonic() + self._flush_timeout)
        with suppress_internal_errors("ending"):
            self._batches.shutdown()  # type: ignore[no-untyped-call]  # the SDK leaves it unannotated

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Deliver what is queued; return whether all of it was, within the time.

        The stock processor ignores the time (`otel.md` section 4), so the wait for it is bounded here.

        Args:
            timeout_millis: milliseconds.
        """
        if self._is_shut_down:
            return True
        done = threading.Event()
        delivered = [False]

        def flush() -> None:
            try:
                with self._flushing:
                    self._queue.has_failed = False
                    self._batches.force_flush()
                    delivered[0] = self._queue.flush(deadline) and not self._queue.has_failed
            finally:
                done.set()

        deadline = time.monotonic() + timeout_millis / 1000
        try:
            threading.Thread(target=flush, name="otel-posthog-flush", daemon=True).start()
        except RuntimeError:  # the interpreter is ending and cannot start threads
            flush()
        return done.wait(timeout_millis / 1000) and delivered[0]

    def remember_exception(self, exception: BaseException, span_id: int) -> None:
        """Keep the frames of an exception that ends an entry span whose instrumentation does not see it live.

        Args:
            exception: being handled by the framework.
            span_id: of the current span.
        """
        entry = self._open_spans.current(span_id)
        if entry is not None:
            entry.remembered = ExceptionSnapshot.of(exception)

    def mark_expected(self, span_id: int) -> None:
        """Mark the exception that ends an entry span as expected, so that it is not an error.

        Args:
            span_id: of the current span.
        """
        entry = self._open_spans.current(span_id)
        if entry is not None:
            entry.is_expected = True

    def enqueue(self, span: SelectedSpan) -> None:
        """Queue a selected span for delivery.

        Args:
            span: selected.
        """
        if self._is_replaced:
            return
        self._journal.append(span)
        if self._is_shut_down:
            self._refuse(span, Reason.SHUTDOWN)
        elif self._queue.count >= self._max_queue_size:
            self._refuse(span, Reason.QUEUE_FULL)
        else:
            self._queue.add()
            self._batches.on_end(span)

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

    def _select_events(self, span: ReadableSpan) -> dict[str, Any] | None:
        """Queue a span's business events; return the identity that holds for the span."""
        chosen: Sequence[Event] = ()
        identity = None
        try:
            selects = self.selects
            chosen = [event for event in span.events if event.name != EXCEPTION_EVENT and selects(event.name)]
            identity = self._identity(span)
            if chosen:
                self.enqueue(SelectedSpan(span, chosen, identity))
                self.ledger.lost(Reason.SPAN_EVENT_LIMIT, span.dropped_events)
        except Exception as problem:  # noqa: BLE001 - a hook must not raise
            self.ledger.lost(Reason.MAPPING_FAILED, len(chosen))
            report_internal_error("selecting a span", problem)
        return identity

    def _select_errors(self, span: ReadableSpan, identity: dict[str, Any] | None) -> None:
        """Queue the errors that are certain now that a span has ended."""
        unqueued = None
        try:
            errors = self._open_spans.end(span, identity)
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

    def _identity(self, span: ReadableSpan) -> dict[str, Any] | None:
        """Return the identity of a span's events, as `identity_at`; None if it is the span's own."""
        known = current_identity()
        if known is not None:
            return dict(known.entry_attributes(self._groups))
        entry = self._open_spans.current(span.context.span_id) if span.context is not None else None
        if entry is None or entry.span_id == span.context.span_id:
            return None
        return as_dict(entry.span.attributes) | as_dict(span.attributes)

    def _refuse(self, span: SelectedSpan, reason: Reason) -> None:
        count = len(span.events) + len(span.errors)
        if self._journal.defer(span):
            self.ledger.deferred(count)
        else:
            self.ledger.lost(reason, count)

    def _after_fork(self) -> None:
        self._queue.reset()
        self._flushing = threading.Lock()
        self._open_spans = OpenSpans()


class QueueGauge(SpanExporter):
    """The number of spans between queueing and export, counted in front of the exporter. Thread-safe."""

    def __init__(self, exporter: BatchExporter) -> None:
        self._exporter = exporter
        self._lock = threading.Lock()
        self.count = 0
        # The stock processor ignores the result of an export.
        self.has_failed = False

    def add(self) -> None:
        with self._lock:
            self.count += 1

    def reset(self) -> None:
        self._lock = threading.Lock()
        self.count = 0

    def flush(self, deadline: float) -> bool:
        return self._exporter.force_flush(max(0, int((deadline - time.monotonic()) * 1000)))

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        with self._lock:
            self.count -= len(spans)
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self.has_failed = True
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


def _environ_int(name: str, default: int) -> int:
    value = os.environ.get(name, "")
    return int(value) if value.isdigit() and int(value) > 0 else default
