"""The exporter of `POSTHOG_VIA=collector`: what is for PostHog leaves as OTLP, to be mapped by the bridge."""

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
from otel.envelope import Envelope, Rejection
from otel.events import Registry, default_registry
from otel.mapping import Mapper
from otel.mapping.errors import ErrorMapper, ErrorRecord
from otel.mapping.origin import Origins
from otel.outcomes.counters import Counters
from otel.outcomes.quarantine import Quarantine
from otel.reasons import Reason
from otel.selecting import SelectedSpan
from otel.settings import Settings

__all__ = ["CollectorExporter"]


class CollectorExporter(SpanExporter):
    """Hand business events and errors over to the Collector, on spans and log records for PostHog only.

    An event of somebody who opted out does not leave the process. Errors are limited by kind here, where
    their process is, and leave with their frames. Everything else is mapping's, in the bridge.

    Args:
        settings: the pipeline's.
        registry: the declared events; the process's by default.
        counters: count what becomes of events.
    """

    def __init__(
        self,
        settings: Settings,
        registry: Registry = default_registry,
        counters: Counters | None = None,
    ) -> None:
        self._settings = settings
        self._counters = counters or Counters()
        self._quarantine = Quarantine(settings.quarantine) if settings.quarantine is not None else None
        self._spans = CollectorClient[ReadableSpan](
            OtlpEndpoint.from_environ("traces"),
            self._counters,
            encode=encode_spans,
            count=lambda span: len(span.events),
        )
        self._logs = CollectorClient[ReadableLogRecord](
            OtlpEndpoint.from_environ("logs"), self._counters, encode=encode_logs, count=lambda _: 1
        )
        self.map = Mapper(registry, settings)
        self._stamps = self.map.stamps | {OPTED_OUT}
        self._origins = Origins(settings.release_id)
        # The product's own error event is the bridge's to make.
        self._map_error = ErrorMapper(settings, lambda: None)
        self._window = ErrorLimiter(lambda: self._deliver(self._due(), []))
        self._deadline: float | None = None

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand a batch of selected spans over.

        Args:
            spans: `SelectedSpan`s.
        """
        leaving: list[ReadableSpan] = []
        records: list[ReadableLogRecord] = []
        for span in spans:
            try:
                if isinstance(span, SelectedSpan):
                    self._take(span, leaving, records)
            except Exception as error:  # noqa: BLE001 - one span's fault must not cost the batch
                self._counters.lost(Reason.MAPPING_FAILED, len(span.events) or 1)
                report_internal_error("writing a span for the Collector", error)
        leaving += self._due()
        self._window.watch()
        return self._deliver(leaving, records)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Hand over the counts of errors that wait for their window to end.

        Args:
            timeout_millis: milliseconds.
        """
        deadline = time.monotonic() + timeout_millis / 1000
        return self._deliver(self._due(everything=True), [], deadline) is SpanExportResult.SUCCESS

    def finish_by(self, deadline: float) -> None:
        """Give up at a deadline, also on a batch that is under way.

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
        self._window.stop()
        self.force_flush()
        self._spans.close()
        self._logs.close()

    def keep(self, envelope: Envelope, reject: Rejection) -> None:
        """Keep an event that was rejected before it could leave, if there is a quarantine.

        Args:
            envelope: the event.
            reject: why.
        """
        if self._quarantine is not None:
            self._quarantine.keep(envelope, reject)

    def _take(
        self, span: SelectedSpan, leaving: list[ReadableSpan], records: list[ReadableLogRecord]
    ) -> None:
        events = [event for event in span.events if self._may_leave(event, span)]
        if len(events) < len(span.events):
            self._counters.lost(Reason.OPTED_OUT, len(span.events) - len(events))
        if events:
            travelling = span_of_events(span, events, self._stamps, self._origins)
            if span.is_log:
                records.append(log_record_of(travelling, self._stamps))
            else:
                leaving.append(travelling)
        for error in span.errors:
            if self._window.admit(error):
                leaving += self._error(error, 1)

    @staticmethod
    def _may_leave(event: Event, span: ReadableSpan) -> bool:
        """Whether nobody who opted out is in it; what is told of a group is about no person."""
        opted_out = (event.attributes or {}).get(OPTED_OUT) or (span.attributes or {}).get(OPTED_OUT)
        return not opted_out or event.name == GROUPIDENTIFY_EVENT

    def _error(self, error: ErrorRecord, occurrences: int) -> list[ReadableSpan]:
        try:
            return [span_of_error(error, occurrences, self._map_error, self._stamps, self._origins)]
        except Exception as problem:  # noqa: BLE001 - as above
            self._counters.lost(Reason.MAPPING_FAILED)
            report_internal_error("writing an error for the Collector", problem)
            return []

    def _due(self, *, everything: bool = False) -> list[ReadableSpan]:
        return [
            span
            for error, occurrences, _ in self._window.due(everything=everything)
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
            are_taken = [self._spans.deliver(spans, deadline), self._logs.deliver(records, deadline)]
        return SpanExportResult.SUCCESS if all(are_taken) else SpanExportResult.FAILURE
