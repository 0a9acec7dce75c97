"""Selecting: the span processor that queues what is for PostHog, sampled or not."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
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

from otel._fork import call_in_child
from otel._guard import suppress_internal_errors
from otel.attributes import EXCEPTION_EVENT
from otel.exceptions import ExceptionSnapshot
from otel.identity import current_identity
from otel.mapping.from_span import plain
from otel.outcomes.counters import Counters
from otel.reasons import Reason
from otel.selecting._open_spans import OpenSpans
from otel.selecting.selected import SelectedSpan

__all__ = ["PostHogSpanProcessor"]

# OpenTelemetry waits 5 s by default. A process that is killed loses what waits; a second of events is little,
# and the post of a second's events is cheap.
_SCHEDULE_DELAY_MS = 1_000.0

# OpenTelemetry's own default of 2,048 spans is a burst of a few seconds; a selected span holds about 2 KiB.
_MAX_QUEUE_SIZE = 10_000

# OpenTelemetry's own default.
_MAX_EXPORT_BATCH_SIZE = 512

# Made once: every span passes through them.
_FOLLOWING, _SELECTING = (
    suppress_internal_errors("following a span"),
    suppress_internal_errors("selecting a span"),
)


class BatchExporter(Protocol):
    """Deliver spans, and be told until when."""

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


class SpanJournal(Protocol):
    """Keep spans on disk until they are delivered."""

    def keep(self, span: SelectedSpan) -> None:
        """Write a span, before it is queued."""
        ...

    def wait(self, span: SelectedSpan) -> bool:
        """Leave a span that is not queued to a later delivery; return False if it was not written."""
        ...


class PostHogSpanProcessor(SpanProcessor):
    """Queue the spans that carry a business event or an error, whatever the sampling decision.

    Batching is the stock BatchSpanProcessor's. It drops the oldest span of a full queue without a count;
    this processor refuses the newest before that, with a reason. No hook raises: one that did
    would break the product and starve the processors after it (`otel.md` section 4).

    Args:
        exporter: gets `SelectedSpan`s.
        selects: whether a span event's name is for PostHog.
        counters: count what is lost here.
        groups: for each group type the attribute that carries its key.
        flush_timeout: seconds that a shutdown may take.
        journal: holds what is queued until it is delivered.
        max_queue_size: spans; `OTEL_BSP_MAX_QUEUE_SIZE` by default.
        schedule_delay_millis: between exports; `OTEL_BSP_SCHEDULE_DELAY` by default.
    """

    def __init__(
        self,
        exporter: BatchExporter,
        *,
        selects: Callable[[str], bool],
        counters: Counters,
        groups: Mapping[str, str],
        flush_timeout: float,
        journal: SpanJournal | None = None,
        max_queue_size: int | None = None,
        schedule_delay_millis: float | None = None,
    ) -> None:
        self._selects = selects
        self._counters = counters
        self._groups = groups
        self._flush_timeout = flush_timeout
        self._journal = journal
        self._entries = OpenSpans()
        self._exporter = exporter
        self._queued = QueueGauge(exporter)
        self._max_queue_size = max_queue_size or _environ_int(OTEL_BSP_MAX_QUEUE_SIZE, _MAX_QUEUE_SIZE)
        if schedule_delay_millis is None and not os.environ.get(OTEL_BSP_SCHEDULE_DELAY):
            schedule_delay_millis = _SCHEDULE_DELAY_MS
        self._batches = BatchSpanProcessor(
            self._queued,
            max_queue_size=self._max_queue_size,
            # The stock processor refuses a batch larger than the queue, and with it the product's start.
            max_export_batch_size=min(
                _environ_int(OTEL_BSP_MAX_EXPORT_BATCH_SIZE, _MAX_EXPORT_BATCH_SIZE), self._max_queue_size
            ),
            schedule_delay_millis=schedule_delay_millis,
        )
        self._flushing = threading.Lock()
        self._is_shut_down = False
        self._is_retired = False
        call_in_child(self._after_fork)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the interface
        """Follow a span that begins.

        Args:
            span: recording.
            parent_context: the context that holds its parent.
        """
        if self._is_retired:
            return
        with _FOLLOWING:
            self._entries.start(span)

    def on_end(self, span: ReadableSpan) -> None:
        """Queue a span that carries something for PostHog.

        Args:
            span: ended.
        """
        if self._is_retired:
            return
        with _SELECTING:
            self._select(span)

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
                    self._queued.has_failed = False
                    self._batches.force_flush()
                    delivered[0] = self._queued.flush(deadline) and not self._queued.has_failed
            finally:
                done.set()

        deadline = time.monotonic() + timeout_millis / 1000
        try:
            threading.Thread(target=flush, name="otel-posthog-flush", daemon=True).start()
        except RuntimeError:  # the interpreter is ending and starts no threads any more
            flush()
        return done.wait(timeout_millis / 1000) and delivered[0]

    def note(self, exception: BaseException, span_id: int) -> None:
        """Keep the frames of an exception that ends an entry, where the span will not see it live.

        Args:
            exception: being handled by the framework.
            span_id: of the current span.
        """
        entry = self._entries.current(span_id)
        if entry is not None:
            entry.noted = ExceptionSnapshot.of(exception)

    def expect(self, span_id: int) -> None:
        """Say that the exception which ends an entry is no error.

        Args:
            span_id: of the current span.
        """
        entry = self._entries.current(span_id)
        if entry is not None:
            entry.is_expected = True

    def take(self, span: SelectedSpan) -> None:
        """Queue what was selected elsewhere than at the end of a span.

        Args:
            span: selected.
        """
        if not self._is_retired:
            self._queue(span)

    def about(self, span: trace.Span) -> dict[str, Any]:
        """Return whom something is about that happens in a span: as the request knows, else as spans say.

        Args:
            span: current where it happens.
        """
        known = current_identity()
        if known is not None:
            return dict(known.entry_attributes(self._groups))
        own = plain(span.attributes) if isinstance(span, ReadableSpan) else {}
        context = span.get_span_context()
        entry = self._entries.around(context.trace_id, context.span_id)
        return own if entry is None else plain(entry.span.attributes) | own

    @property
    def is_retired(self) -> bool:
        """Whether another processor has taken over."""
        return self._is_retired

    def retire(self) -> None:
        """Deliver what is queued and see no further span: another processor takes over.

        A provider has no way to remove a processor.
        """
        self._is_retired = True
        self.shutdown()

    def _select(self, span: ReadableSpan) -> None:
        events: Sequence[Event] = span.events
        selects = self._selects
        chosen = [event for event in events if event.name != EXCEPTION_EVENT and selects(event.name)]
        identity = self._identity(span) if events else None
        if chosen:
            self._queue(SelectedSpan(span, chosen, identity))
            if span.dropped_events:
                self._counters.lost(Reason.SPAN_EVENT_LIMIT, span.dropped_events)
        for located in self._entries.end(span, identity):
            self._queue(SelectedSpan(located.span, (), None, (located.error,)))

    def _identity(self, span: ReadableSpan) -> dict[str, Any] | None:
        """Return whom a span's events are about: as the request knows, else as its entry and itself say."""
        known = current_identity()
        if known is not None:
            return dict(known.entry_attributes(self._groups))
        entry = self._entries.current(span.context.span_id) if span.context is not None else None
        if entry is None or entry.span_id == span.context.span_id:
            return None
        return plain(entry.span.attributes) | plain(span.attributes)

    def _queue(self, span: SelectedSpan) -> None:
        if self._journal is not None:
            self._journal.keep(span)
        if self._is_shut_down:
            self._refuse(span, Reason.SHUTDOWN)
        elif self._queued.count >= self._max_queue_size:
            self._refuse(span, Reason.QUEUE_FULL)
        else:
            self._queued.add()
            self._batches.on_end(span)

    def _refuse(self, span: SelectedSpan, reason: Reason) -> None:
        count = len(span.events) + len(span.errors)
        if self._journal is not None and self._journal.wait(span):
            self._counters.journaled(count)
        else:
            self._counters.lost(reason, count)

    def _after_fork(self) -> None:
        self._queued.reset()
        self._flushing = threading.Lock()
        self._entries = OpenSpans()


class QueueGauge(SpanExporter):
    """Count the spans between queueing and export, in front of the exporter."""

    def __init__(self, exporter: BatchExporter) -> None:
        self._exporter = exporter
        self._lock = threading.Lock()
        self.count = 0
        # The stock processor drops the result of an export.
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
