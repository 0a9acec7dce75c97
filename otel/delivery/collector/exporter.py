"""The exporter of `POSTHOG_VIA=collector`: events leave as OTLP and are mapped by the bridge."""

from __future__ import annotations

import time
from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel._guard import report_internal_error
from otel.attributes import GROUPIDENTIFY_EVENT, OPTED_OUT
from otel.delivery.collector._encode import log_record_of, span_of_error, span_of_events
from otel.delivery.collector.client import CollectorClient
from otel.delivery.collector.endpoint import OtlpEndpoint
from otel.delivery.error_limiter import ErrorLimiter
from otel.delivery.journal import NullJournal
from otel.envelope import Rejection
from otel.events import Registry, default_registry
from otel.mapping import Mapper
from otel.mapping.errors import ErrorMapper, ErrorRecord
from otel.mapping.origin import Origins
from otel.outcomes import Ledger, open_quarantine
from otel.reasons import Reason
from otel.selecting import SelectedSpan
from otel.settings import Settings

__all__ = ["CollectorExporter"]


class CollectorExporter(SpanExporter):
    """An exporter of business events and errors to the Collector, for PostHog only. Thread-safe.

    Events of people who opted out do not leave the process. Errors are limited by kind here, in the process
    where they happen, and leave with their frames. The rest of the mapping is done by the bridge.

    Args:
        settings: the pipeline's settings.
        registry: the declared events; the default registry by default.
        ledger: accounts for events; one with the settings' quarantine by default.
    """

    def __init__(
        self,
        settings: Settings,
        registry: Registry = default_registry,
        ledger: Ledger | None = None,
    ) -> None:
        self._settings = settings
        self.ledger = ledger or Ledger(quarantine=open_quarantine(settings.quarantine))
        self._spans = CollectorClient[ReadableSpan](
            OtlpEndpoint.from_environ("traces"),
            self.ledger,
            encode=encode_spans,
            count=lambda span: len(span.events),
        )
        self._logs = CollectorClient[ReadableLogRecord](
            OtlpEndpoint.from_environ("logs"), self.ledger, encode=encode_logs, count=lambda _: 1
        )
        self.journal = NullJournal()  # the Collector's queue stores events
        self.map = Mapper(registry, settings)
        self._stamps = self.map.stamps | {OPTED_OUT}
        self._origins = Origins(settings.release_id)
        # The bridge adds the product's own error event.
        self._map_error = ErrorMapper(settings, lambda: None)
        self._limiter = ErrorLimiter(lambda: self._deliver(self._due(), []))
        self._deadline: float | None = None

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand over a batch of selected spans.

        Args:
            spans: each a `SelectedSpan`.
        """
        leaving: list[ReadableSpan] = []
        records: list[ReadableLogRecord] = []
        for span in spans:
            if isinstance(span, SelectedSpan):
                self._take(span, leaving, records)
        leaving += self._due()
        self._limiter.start_timer()
        return self._deliver(leaving, records)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Hand over the counts of errors that are held back; return whether they were accepted.

        Args:
            timeout_millis: milliseconds.
        """
        deadline = time.monotonic() + timeout_millis / 1000
        return self._deliver(self._due(everything=True), [], deadline) is SpanExportResult.SUCCESS

    def finish_by(self, deadline: float) -> None:
        """Set a deadline for all deliveries, including the one that is running.

        Args:
            deadline: on the clock of `time.monotonic`.
        """
        self._deadline = deadline
        self._spans.interrupt(deadline)
        self._logs.interrupt(deadline)

    def shutdown(self) -> None:
        """Hand over what is held back, within the settings' flush timeout, and end."""
        if self._deadline is None:
            self.finish_by(time.monotonic() + self._settings.flush_timeout)
        self._limiter.stop()
        self.force_flush()
        self._spans.close()
        self._logs.close()

    def _take(
        self, span: SelectedSpan, leaving: list[ReadableSpan], records: list[ReadableLogRecord]
    ) -> None:
        accounted = 0
        try:
            events = [event for event in span.events if self._may_leave(event, span)]
            if events:
                carrier = span_of_events(span, events, self._stamps, self._origins)
                if span.is_log:
                    records.append(log_record_of(carrier, self._stamps))
                else:
                    leaving.append(carrier)
            self.ledger.lost(Reason.OPTED_OUT, len(span.events) - len(events))
            accounted += len(span.events)
            for error in span.errors:
                if self._limiter.admit(error):
                    leaving += self._error(error, 1)
                accounted += 1
        except Exception as problem:  # noqa: BLE001 - an error in one span must not cost the batch
            self.ledger.lost(Reason.MAPPING_FAILED, len(span.events) + len(span.errors) - accounted)
            report_internal_error("encoding a span for the Collector", problem)

    @staticmethod
    def _may_leave(event: Event, span: ReadableSpan) -> bool:
        """Whether an event is not about a person who opted out; group properties are about no person."""
        opted_out = (event.attributes or {}).get(OPTED_OUT) or (span.attributes or {}).get(OPTED_OUT)
        return not opted_out or event.name == GROUPIDENTIFY_EVENT

    def _error(self, error: ErrorRecord, occurrences: int) -> list[ReadableSpan]:
        try:
            return [span_of_error(error, occurrences, self._map_error, self._stamps, self._origins)]
        except Exception as problem:  # noqa: BLE001 - as above
            rejection = Rejection(Reason.MAPPING_FAILED, type(problem).__name__)
            self.ledger.rejected(rejection, error.replayable())
            report_internal_error("encoding an error for the Collector", problem)
            return []

    def _due(self, *, everything: bool = False) -> list[ReadableSpan]:
        return [
            span
            for error, occurrences, _ in self._limiter.due(everything=everything)
            for span in self._error(error, occurrences)
        ]

    def _deliver(
        self,
        spans: Sequence[ReadableSpan],
        records: Sequence[ReadableLogRecord],
        deadline: float | None = None,
    ) -> SpanExportResult:
        # OpenTelemetry's own thread suppresses it already; a timer's does not.
        with suppress_instrumentation():
            are_accepted = [self._spans.deliver(spans, deadline), self._logs.deliver(records, deadline)]
        return SpanExportResult.SUCCESS if all(are_accepted) else SpanExportResult.FAILURE
