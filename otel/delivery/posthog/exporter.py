"""The exporter: spans in, captures out, and a reason for each event that does not arrive."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel._guard import report_internal_error, suppress_internal_errors
from otel.delivery.error_limiter import ErrorLimiter
from otel.delivery.journal import Journal, JournalRecovery, NullJournal, position_of
from otel.delivery.posthog._batch import Batch
from otel.delivery.posthog.client import PostHogClient
from otel.envelope import Capture, Envelope, Rejection
from otel.events import Registry, default_registry
from otel.mapping import Mapper
from otel.mapping.errors import ErrorMapper, ErrorRecord, error_event
from otel.mapping.from_span import envelopes, errors_of
from otel.mapping.origin import Origins
from otel.mapping.select import select_all
from otel.outcomes import Ledger, open_quarantine
from otel.reasons import Reason
from otel.selecting import RecordedEvent, SelectedSpan
from otel.settings import Settings

__all__ = ["CaptureSink", "PostHogSpanExporter"]

_log = logging.getLogger("otel.delivery")


class CaptureSink(Protocol):
    """A receiver of captures that replaces PostHog."""

    def deliver(self, captures: Sequence[Capture], deadline: float | None = None) -> Any:
        """Deliver captures until a deadline, and account for those that do not arrive."""
        ...

    def interrupt(self, deadline: float) -> None:
        """Bring forward the deadline of running deliveries."""
        ...

    def close(self) -> None:
        """End."""
        ...


class _NoSink:
    """The sink of an exporter without a key, which gets nothing."""

    def deliver(self, captures: Sequence[Capture], deadline: float | None = None) -> None: ...

    def interrupt(self, deadline: float) -> None: ...

    def close(self) -> None: ...


class PostHogSpanExporter(SpanExporter):
    """An OpenTelemetry exporter that sends business events and errors on spans to PostHog. Thread-safe.

    Behind OpenTelemetry's stock processors it gets sampled spans only; `otel.install` puts it behind a
    processor that also passes on the others. Every argument is optional, so that
    `OTEL_TRACES_EXPORTER=posthog` can create it. A missing key is a warning: an exception would switch off
    all of OpenTelemetry.

    With a journal, it also delivers what other processes left there, from the first export on, or from the
    call of `start_recovery`.

    Args:
        api_key: the PostHog project API key; `POSTHOG_API_KEY` by default.
        host: PostHog's ingestion address; `POSTHOG_HOST` by default.
        settings: all settings, instead of those of the environment.
        registry: the declared events; the default registry by default.
        ledger: accounts for events; one with the settings' quarantine by default.
        sink: gets the captures instead of PostHog.
    """

    def __init__(
        self,
        api_key: str | None = None,
        host: str | None = None,
        *,
        settings: Settings | None = None,
        registry: Registry = default_registry,
        ledger: Ledger | None = None,
        sink: CaptureSink | None = None,
    ) -> None:
        settings = settings or Settings.from_environ()
        given = {"api_key": api_key, "host": host}
        self._settings = settings.replace(
            **{name: value for name, value in given.items() if value is not None}
        )
        self.ledger = ledger or Ledger(quarantine=open_quarantine(settings.quarantine))
        self._origins = Origins(self._settings.release_id)
        self.journal: Journal | NullJournal = NullJournal()
        self._is_sending = sink is not None or bool(self._settings.api_key)
        if not self._is_sending:
            _log.warning("POSTHOG_API_KEY is not set: no event is sent to PostHog")
            sink = _NoSink()
        if sink is None:
            sink = PostHogClient(self._settings, self.ledger)
            if self._settings.journal is not None:
                self.journal = Journal(self._settings.journal, self._origins)
        self._sink = sink
        self._recovery = JournalRecovery(self.journal, self._export)
        self.map = Mapper(registry, self._settings)
        self._map_error = ErrorMapper(self._settings, error_event(self._settings, registry))
        self._limiter = ErrorLimiter(self._send_due)
        self._is_ending = False
        self._deadline = float("inf")

    def export(self, spans: Sequence[ReadableSpan | RecordedEvent]) -> SpanExportResult:
        """Map and deliver a batch.

        Args:
            spans: ended spans, and recorded events.
        """
        if not self._is_sending:
            self.ledger.lost(Reason.NO_KEY, sum(map(self._count, spans)))
            return SpanExportResult.FAILURE
        self.start_recovery()
        return self._export(spans)

    def start_recovery(self) -> None:
        """Deliver from a thread what is left in the journal; the events must be declared by now."""
        self._recovery.start()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Deliver the counts of errors that are held back; return whether they were delivered.

        Args:
            timeout_millis: milliseconds.
        """
        batch = Batch()
        self._take_due(batch, everything=True)
        deadline = time.monotonic() + timeout_millis / 1000
        return self._deliver(batch, deadline) is SpanExportResult.SUCCESS

    def finish_by(self, deadline: float) -> None:
        """Set a deadline for all deliveries, including the one that is running.

        Args:
            deadline: on the clock of `time.monotonic`.
        """
        self._is_ending = True
        self._deadline = deadline
        self._recovery.stop()
        self._sink.interrupt(deadline)

    def shutdown(self) -> None:
        """Deliver what is held back, within the settings' flush timeout, and end."""
        if not self._is_ending:
            self.finish_by(time.monotonic() + self._settings.flush_timeout)
        self._limiter.stop()
        self.force_flush()
        self._recovery.finish(self._deadline - time.monotonic())
        self._sink.close()
        self._recovery.join()
        self.journal.close()

    def _export(self, items: Sequence[ReadableSpan | RecordedEvent]) -> SpanExportResult:
        batch = Batch()
        for item in items:
            position = position_of(item)
            batch.begin(() if position is None else (position,))
            if isinstance(item, RecordedEvent):
                self._take_event(item, batch)
            else:
                self._take_span(item, batch)
        self._take_due(batch)
        self._limiter.start_timer()
        return self._deliver(batch)

    def _take_span(self, span: ReadableSpan, batch: Batch) -> None:
        accounted = 0
        try:
            for envelope in self._envelopes(span):
                self._take_event(envelope, batch)
                accounted += 1
            for error in _errors(span):
                if self._limiter.admit(error, batch.current):
                    self._take_error(error, 1, batch)
                else:
                    batch.hold_back()
                accounted += 1
        except Exception as error:  # noqa: BLE001 - an error in one span must not cost the batch
            # An unreadable span has at least one event, or it would not be here.
            for _ in range(max(self._count(span) - accounted, 1)):
                batch.reject(Rejection(Reason.MAPPING_FAILED, type(error).__name__), None)
            report_internal_error("reading a span", error)

    def _count(self, span: ReadableSpan | RecordedEvent) -> int:
        """Return how many events and errors an item carries."""
        if isinstance(span, SelectedSpan | RecordedEvent):
            return span.count
        selected = sum(self.map.selects(event.name) for event in span.events)
        return selected + len(errors_of(span))

    def _envelopes(self, span: ReadableSpan) -> list[Envelope]:
        # An event that was selected when it was recorded stays selected, even if the journal held it until
        # the event was no longer declared.
        return envelopes(span, select_all if isinstance(span, SelectedSpan) else self.map.selects)

    def _take_event(self, envelope: Envelope, batch: Batch) -> None:
        try:
            mapped = self.map(envelope)
        except Exception as error:  # noqa: BLE001 - an error in one event must not cost the batch
            mapped = [Rejection(Reason.MAPPING_FAILED, type(error).__name__)]
            report_internal_error(f"mapping {envelope.name}", error)
        self._take(mapped, envelope, batch)

    def _take_error(self, error: ErrorRecord, occurrences: int, batch: Batch) -> None:
        try:
            mapped = self._map_error(error, occurrences)
        except Exception as problem:  # noqa: BLE001 - as above
            mapped = [Rejection(Reason.MAPPING_FAILED, type(problem).__name__)]
            report_internal_error("mapping an error", problem)
        self._take(mapped, error, batch)

    def _take(
        self, mapped: Sequence[Capture | Rejection], source: Envelope | ErrorRecord, batch: Batch
    ) -> None:
        for one in mapped:
            if isinstance(one, Capture):
                batch.add(one)
            else:
                envelope = source.replayable() if isinstance(source, ErrorRecord) else source
                # With its origin, because a later release may replay it.
                resource = self._origins.of(envelope.resource).resource.attributes
                batch.reject(one, replace(envelope, resource=resource))

    def _take_due(self, batch: Batch, *, everything: bool = False) -> None:
        for error, occurrences, positions in self._limiter.due(everything=everything):
            batch.begin(positions)
            self._take_error(error, occurrences, batch)

    def _deliver(self, batch: Batch, deadline: float | None = None) -> SpanExportResult:
        losses: Any = ()
        # OpenTelemetry's own thread suppresses it already; a timer's and a replay's do not.
        with suppress_instrumentation():
            if isinstance(self._sink, PostHogClient):
                losses = self._sink.deliver(batch.captures, deadline, batch.positions)
                batch.settle(losses, self.journal, self.ledger)
            else:
                batch.settle((), self.journal, self.ledger)
                if batch.captures:
                    with suppress_internal_errors("delivering to a sink", on_error=lambda: self._lose(batch)):
                        losses = True
                        losses = self._sink.deliver(batch.captures, deadline)
        return SpanExportResult.FAILURE if losses else SpanExportResult.SUCCESS

    def _lose(self, batch: Batch) -> None:
        self.ledger.lost(Reason.UNDELIVERED, len(batch.captures))

    def _send_due(self) -> None:
        batch = Batch()
        self._take_due(batch)
        self._deliver(batch)


def _errors(span: ReadableSpan) -> Sequence[ErrorRecord]:
    return span.errors if isinstance(span, SelectedSpan) else errors_of(span)
