"""The exporter of `POSTHOG_VIA=collector`: events leave as OTLP and are mapped by the bridge."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel._guard import report_internal_error
from otel.attributes import GROUPIDENTIFY_EVENT, OPTED_OUT
from otel.delivery.collector._encode import (
    Item,
    log_record_of,
    request_of_logs,
    request_of_spans,
    span_of_error,
    span_of_events,
)
from otel.delivery.collector.client import CollectorClient
from otel.delivery.collector.endpoint import OtlpEndpoint
from otel.delivery.error_limiter import ErrorLimiter
from otel.delivery.journal import NullJournal
from otel.envelope import Envelope, Rejection
from otel.events import Registry, default_registry
from otel.mapping import Mapper
from otel.mapping.errors import ErrorMapper, ErrorRecord
from otel.mapping.from_span import envelopes
from otel.mapping.identify import is_opted_out
from otel.mapping.origin import Origins
from otel.mapping.select import select_all
from otel.outcomes import Ledger, open_quarantine
from otel.reasons import Reason
from otel.selecting import RecordedEvent, SelectedSpan
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
        self._spans = CollectorClient[Item[Span]](
            OtlpEndpoint.from_environ("traces"),
            self.ledger,
            encode=request_of_spans,
            count=lambda item: len(item.message.events),
        )
        self._logs = CollectorClient[Item[LogRecord]](
            OtlpEndpoint.from_environ("logs"), self.ledger, encode=request_of_logs, count=lambda _: 1
        )
        self.journal = NullJournal()  # the Collector's queue stores events
        self.map = Mapper(registry, settings)
        self._stamps = self.map.stamps | {OPTED_OUT}
        self._origins = Origins(settings.release_id)
        # The bridge adds the product's own error event.
        self._map_error = ErrorMapper(settings, lambda: None)
        self._limiter = ErrorLimiter(lambda: self._deliver(self._due(), []))
        self._deadline: float | None = None

    def export(self, spans: Sequence[ReadableSpan | RecordedEvent]) -> SpanExportResult:
        """Hand over a batch of recorded events and selected spans.

        Args:
            spans: each a `RecordedEvent` or a `SelectedSpan`.
        """
        leaving: list[Item[Span]] = []
        records: list[Item[LogRecord]] = []
        # The events of a request share their span and the dict of its identity, and so a message.
        recorded: dict[tuple[int, int, int, int], list[RecordedEvent]] = {}
        for item in spans:
            if isinstance(item, RecordedEvent):
                key = item.trace_id, item.span_id, id(item.span_attributes), id(item.resource)
                recorded.setdefault(key, []).append(item)
            elif isinstance(item, SelectedSpan):
                self._take(item, leaving, records)
        for events in recorded.values():
            leaving += self._recorded(events)
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

    def _recorded(self, events: Sequence[RecordedEvent]) -> list[Item[Span]]:
        try:
            leaving = [event for event in events if _may_leave(event)]
            written = [span_of_events(leaving, self._stamps, self._origins)] if leaving else []
        except Exception as problem:  # noqa: BLE001 - an error in one event must not cost the batch
            if len(events) > 1:
                return [item for event in events for item in self._recorded([event])]
            (event,) = events
            rejection = Rejection(Reason.MAPPING_FAILED, type(problem).__name__)
            # With its origin, because a later release may replay it.
            resource = self._origins.of(event.resource).resource.attributes
            self.ledger.rejected(rejection, replace(event, resource=resource))
            report_internal_error("encoding an event for the Collector", problem)
            return []
        self.ledger.lost(Reason.OPTED_OUT, len(events) - len(leaving))
        return written

    def _take(self, span: SelectedSpan, leaving: list[Item[Span]], records: list[Item[LogRecord]]) -> None:
        accounted = 0
        try:
            events = [event for event in envelopes(span, select_all) if _may_leave(event)]
            if events and span.is_log:
                records += [log_record_of(event, self._stamps, self._origins) for event in events]
            elif events:
                leaving.append(span_of_events(events, self._stamps, self._origins, span))
            self.ledger.lost(Reason.OPTED_OUT, len(span.events) - len(events))
            accounted += len(span.events)
            for error in span.errors:
                if self._limiter.admit(error):
                    leaving += self._error(error, 1)
                accounted += 1
        except Exception as problem:  # noqa: BLE001 - an error in one span must not cost the batch
            self.ledger.lost(Reason.MAPPING_FAILED, len(span.events) + len(span.errors) - accounted)
            report_internal_error("encoding a span for the Collector", problem)

    def _error(self, error: ErrorRecord, occurrences: int) -> list[Item[Span]]:
        try:
            return [span_of_error(error, occurrences, self._map_error, self._stamps, self._origins)]
        except Exception as problem:  # noqa: BLE001 - as above
            rejection = Rejection(Reason.MAPPING_FAILED, type(problem).__name__)
            self.ledger.rejected(rejection, error.replayable())
            report_internal_error("encoding an error for the Collector", problem)
            return []

    def _due(self, *, everything: bool = False) -> list[Item[Span]]:
        return [
            span
            for error, occurrences, _ in self._limiter.due(everything=everything)
            for span in self._error(error, occurrences)
        ]

    def _deliver(
        self,
        spans: Sequence[Item[Span]],
        records: Sequence[Item[LogRecord]],
        deadline: float | None = None,
    ) -> SpanExportResult:
        # OpenTelemetry's own thread suppresses it already; a timer's does not.
        with suppress_instrumentation():
            are_accepted = [self._spans.deliver(spans, deadline), self._logs.deliver(records, deadline)]
        return SpanExportResult.SUCCESS if all(are_accepted) else SpanExportResult.FAILURE


def _may_leave(event: Envelope) -> bool:
    """Whether an event is not about a person who opted out; group properties are about no person."""
    return not is_opted_out(event) or event.name == GROUPIDENTIFY_EVENT
