"""The queue in front of the exporter: OpenTelemetry's batching, with a limit, a journal and an account."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from itertools import count
from typing import Protocol, cast

from opentelemetry.sdk.environment_variables import (
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
    OTEL_BSP_MAX_QUEUE_SIZE,
    OTEL_BSP_SCHEDULE_DELAY,
)
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from otel._guard import suppress_internal_errors
from otel.mapping import Mapper
from otel.outcomes import Ledger
from otel.reasons import Reason
from otel.selecting.selected import RecordedEvent, Selected

__all__ = ["BatchExporter", "DeliveryQueue"]

# OpenTelemetry waits 5 s by default. A process that is killed loses what waits; a second of events is little,
# and sending them is cheap.
_SCHEDULE_DELAY_MS = 1_000.0

# OpenTelemetry's own default of 2,048 is a burst of a few seconds; an event with its request's identity holds
# about 1 KiB here.
_MAX_QUEUE_SIZE = 10_000

# OpenTelemetry's own default is 512. With four times as many, more events share the fixed cost of a request
# to PostHog. 2,048 of them are 2 MiB in the queue, and 4 MiB more while they are exported
# (`docs/performance.md`).
_MAX_EXPORT_BATCH_SIZE = 2_048


class EventJournal(Protocol):
    """A store of events on disk, which holds them until they are delivered."""

    @property
    def is_on(self) -> bool:
        """Whether it stores anything."""
        ...

    def append(self, item: Selected) -> None:
        """Write an event or a span before it is queued."""
        ...

    def rewrite(self, event: RecordedEvent) -> None:
        """Write an event again whose identity has become known, in place of its earlier line."""
        ...

    def defer(self, item: Selected) -> bool:
        """Defer what is not queued; return False if the journal does not hold it."""
        ...


class BatchExporter(Protocol):
    """An exporter with a deadline."""

    @property
    def map(self) -> Mapper: ...

    @property
    def ledger(self) -> Ledger: ...

    @property
    def journal(self) -> EventJournal: ...

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Deliver a batch, in which each item is `Selected`."""
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


class DeliveryQueue:
    """A queue of events and errors for the exporter. Thread-safe.

    The stock BatchSpanProcessor does the batching. It drops the oldest item of a full queue without counting
    it; this queue refuses the newest one before that happens, with a reason.

    Args:
        exporter: gets the batches; its ledger and journal are used here as well.
        flush_timeout: seconds that a shutdown may take.
        max_size: items; `OTEL_BSP_MAX_QUEUE_SIZE` by default.
        schedule_delay_millis: between exports; `OTEL_BSP_SCHEDULE_DELAY` by default.
    """

    def __init__(
        self,
        exporter: BatchExporter,
        flush_timeout: float,
        max_size: int | None,
        schedule_delay_millis: float | None,
    ) -> None:
        self._exporter = exporter
        self._ledger = exporter.ledger
        self.journal = exporter.journal
        self._flush_timeout = flush_timeout
        self._gauge = QueueGauge(exporter)
        self._max_size = max_size or _environ_int(OTEL_BSP_MAX_QUEUE_SIZE, _MAX_QUEUE_SIZE)
        if schedule_delay_millis is None and not os.environ.get(OTEL_BSP_SCHEDULE_DELAY):
            schedule_delay_millis = _SCHEDULE_DELAY_MS
        self._batches = BatchSpanProcessor(
            self._gauge,
            max_queue_size=self._max_size,
            # The stock processor refuses a batch larger than the queue, and with it the product's start.
            max_export_batch_size=min(
                _environ_int(OTEL_BSP_MAX_EXPORT_BATCH_SIZE, _MAX_EXPORT_BATCH_SIZE), self._max_size
            ),
            schedule_delay_millis=schedule_delay_millis,
        )
        self._flushing = threading.Lock()
        self.is_shut_down = False

    def put(self, item: Selected) -> None:
        """Queue an item that is in the journal, if there is one; account for it if it is refused.

        Args:
            item: selected.
        """
        if self.is_shut_down:
            self._refuse(item, Reason.SHUTDOWN)
        elif self._gauge.add() > self._max_size:
            self._gauge.remove(1)
            self._refuse(item, Reason.QUEUE_FULL)
        else:
            self._batches.on_end(cast("ReadableSpan", item))

    def flush(self, timeout_millis: int) -> bool:
        """Deliver what is queued; return whether all of it was, within the time.

        The stock processor ignores the time (`otel.md` section 4), so the wait for it is bounded here.

        Args:
            timeout_millis: milliseconds.
        """
        if self.is_shut_down:
            return True
        done = threading.Event()
        delivered = [False]

        def flush() -> None:
            try:
                with self._flushing:
                    self._gauge.has_failed = False
                    self._batches.force_flush()
                    delivered[0] = self._gauge.flush(deadline) and not self._gauge.has_failed
            finally:
                done.set()

        deadline = time.monotonic() + timeout_millis / 1000
        try:
            threading.Thread(target=flush, name="otel-posthog-flush", daemon=True).start()
        except RuntimeError:  # the interpreter is ending and cannot start threads
            flush()
        return done.wait(timeout_millis / 1000) and delivered[0]

    def shutdown(self) -> None:
        """Deliver what is queued, within the exporter's deadline, and end."""
        self.is_shut_down = True
        with suppress_internal_errors("setting a deadline for the end"):
            self._exporter.finish_by(time.monotonic() + self._flush_timeout)
        with suppress_internal_errors("ending"):
            self._batches.shutdown()  # type: ignore[no-untyped-call]  # the SDK leaves it unannotated

    def reset(self) -> None:
        """Forget what the parent process has queued, in a forked child."""
        self._gauge.reset()
        self._flushing = threading.Lock()

    def _refuse(self, item: Selected, reason: Reason) -> None:
        if self.journal.defer(item):
            self._ledger.deferred(item.count)
        else:
            self._ledger.lost(reason, item.count)


class QueueGauge(SpanExporter):
    """The number of items between queueing and export, counted in front of the exporter. Thread-safe."""

    def __init__(self, exporter: BatchExporter) -> None:
        self._exporter = exporter
        self._lock = threading.Lock()
        self._added = count(1)
        self._removed = 0
        # The stock processor ignores the result of an export.
        self.has_failed = False

    def add(self) -> int:
        """Add an item, without a lock because each event does; return the number of items."""
        return next(self._added) - self._removed

    def remove(self, items: int) -> None:
        with self._lock:
            self._removed += items

    def reset(self) -> None:
        self._lock = threading.Lock()
        self._added, self._removed = count(1), 0

    def flush(self, deadline: float) -> bool:
        return self._exporter.force_flush(max(0, int((deadline - time.monotonic()) * 1000)))

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.remove(len(spans))
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self.has_failed = True
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


def _environ_int(name: str, default: int) -> int:
    value = os.environ.get(name, "")
    return int(value) if value.isdigit() and int(value) > 0 else default
