"""Batches for an exporter: what `record` queues, and ended spans for exporters that take those."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import SpanKind

from benchmarks._batch_sizes import BATCH, SDK_BATCH
from benchmarks._content import EVENT, GROUPS, SyncFinished, identity_of, properties, settings
from otel.delivery.journal import NullJournal
from otel.events import default_registry
from otel.identity import FixedIdentity, identified
from otel.mapping import Mapper
from otel.outcomes import Ledger
from otel.recording import Recorder
from otel.selecting import PostHogSpanProcessor, QueueEmitter, RecordingSampler

__all__ = ["QueuedEvents", "ended_spans"]


class QueuedEvents:
    """A source of batches, each item as our processor hands it to the exporter.

    One event is recorded in each request's span, so that no two items share an identity. The pipeline is its
    own, so that the installed one remains what it is.
    """

    def __init__(self) -> None:
        self._keeping = _Keeping()
        processor = PostHogSpanProcessor(
            self._keeping,
            groups=GROUPS,
            flush_timeout=60,
            max_queue_size=100_000,
            schedule_delay_millis=60_000,
        )
        self._provider = TracerProvider()
        self._provider.sampler = RecordingSampler(self._provider.sampler)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("benchmarks")
        self._recorder = Recorder(groups=GROUPS, emitter=QueueEmitter(processor))

    def batch(self, count: int = BATCH) -> list[ReadableSpan]:
        """Return a new batch.

        Args:
            count: the number of events.
        """
        for number in range(count):
            with (
                identified(FixedIdentity(identity_of(number))),
                self._tracer.start_as_current_span("GET sync/", kind=SpanKind.SERVER),
            ):
                self._recorder.event(SyncFinished(**properties(number)), None)
        self._provider.force_flush()
        batch = self._keeping.items.copy()
        self._keeping.items.clear()
        if len(batch) != count:
            raise RuntimeError(len(batch))
        return batch


def ended_spans(count: int = SDK_BATCH) -> list[ReadableSpan]:
    """Return spans of plain OpenTelemetry, each with one event and the identity on both.

    Args:
        count: the number of spans.
    """
    tracer = TracerProvider().get_tracer("benchmarks")
    spans: list[ReadableSpan] = []
    for number in range(count):
        stamps = identity_of(number).attributes(GROUPS)
        about = {**stamps, "http.route": "sync/", "http.status_code": 200}
        with tracer.start_as_current_span("GET sync/", kind=SpanKind.SERVER, attributes=about) as span:
            span.add_event(EVENT, {**properties(number), **stamps})
        spans += [span] if isinstance(span, ReadableSpan) else []
    return spans


class _Keeping:
    """An exporter that keeps what it gets. Confined to one batch at a time."""

    def __init__(self) -> None:
        self.map = Mapper(default_registry, settings())
        self.ledger = Ledger()
        self.journal = NullJournal()
        self.items: list[ReadableSpan] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Keep a batch."""
        self.items += spans
        return SpanExportResult.SUCCESS

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the interface
        """Do nothing: nothing is held back."""
        return True

    def finish_by(self, deadline: float) -> None:
        """Do nothing: nothing takes time."""

    def shutdown(self) -> None:
        """Do nothing: there are no resources to release."""
