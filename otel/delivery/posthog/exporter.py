"""The exporter: spans in, captures out, and a reason for each that does not arrive."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel._guard import report_internal_error, suppress_internal_errors
from otel.delivery.error_limiter import ErrorLimiter
from otel.delivery.journal import Journal, JournalPosition, JournalRecovery
from otel.delivery.posthog._batch import Batch
from otel.delivery.posthog.client import PostHogClient
from otel.envelope import Capture, Envelope, Rejection
from otel.events import Declaration, Registry, default_registry
from otel.mapping import Mapper
from otel.mapping.errors import ErrorMapper, ErrorRecord
from otel.mapping.from_span import envelopes, errors_of
from otel.mapping.origin import Origins
from otel.outcomes.counters import Counters
from otel.outcomes.quarantine import Quarantine
from otel.outcomes.self_log import ThrottledLogger
from otel.reasons import Reason
from otel.selecting import SelectedSpan
from otel.settings import Settings

__all__ = ["CaptureSink", "PostHogSpanExporter"]

_log = logging.getLogger("otel.delivery")


class CaptureSink(Protocol):
    """Take captures and try to deliver them until a deadline."""

    def deliver(self, captures: Sequence[Capture], deadline: float | None = None) -> Any:
        """Deliver captures; count and keep what does not arrive."""
        ...

    def interrupt(self, deadline: float) -> None:
        """Shorten the deadline of what is under way."""
        ...

    def close(self) -> None:
        """End."""
        ...


class PostHogSpanExporter(SpanExporter):
    """Export business events and errors on spans to PostHog.

    Behind OpenTelemetry's stock processors it sees sampled spans only; `otel.install` puts it behind a
    processor that passes on the others too. Every argument is optional, so that
    `OTEL_TRACES_EXPORTER=posthog` can make one; a missing key warns and never raises, which would switch
    all of OpenTelemetry off.

    With a journal it also delivers what other processes left there: from the first export on, or from when
    `start_recovery` is called.

    Args:
        api_key: the PostHog project API key; `POSTHOG_API_KEY` by default.
        host: PostHog's ingestion address; `POSTHOG_HOST` by default.
        settings: all settings at once, instead of the environment's.
        registry: the declared events; the process's by default.
        counters: count what becomes of events.
        sink: takes the captures instead of PostHog.
    """

    def __init__(
        self,
        api_key: str | None = None,
        host: str | None = None,
        *,
        settings: Settings | None = None,
        registry: Registry = default_registry,
        counters: Counters | None = None,
        sink: CaptureSink | None = None,
    ) -> None:
        settings = settings or Settings.from_environ()
        given = {"api_key": api_key, "host": host}
        self._settings = settings.replace(
            **{name: value for name, value in given.items() if value is not None}
        )
        self.counters = counters or Counters()
        self._quarantine = Quarantine(settings.quarantine) if settings.quarantine is not None else None
        self._origins = Origins(self._settings.release_id)
        self.journal: Journal | None = None
        self._delivery: PostHogClient | None = None
        self._recovery: JournalRecovery | None = None
        if sink is None and self._settings.api_key:
            sink = self._delivery = PostHogClient(self._settings, self.counters, quarantine=self._quarantine)
            if self._settings.journal is not None:
                self.journal = Journal(self._settings.journal, self._origins)
                self._recovery = JournalRecovery(self.journal, self._export)
        elif sink is None:
            _log.warning("POSTHOG_API_KEY is not set: no event is sent to PostHog")
        self._sink = sink
        self.map = Mapper(registry, self._settings)
        self._map_error = ErrorMapper(self._settings, _error_event(self._settings, registry))
        self._window = ErrorLimiter(self._send_due)
        self._log = ThrottledLogger(time.monotonic)
        self._is_ending = False
        self._deadline = float("inf")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Map and deliver a batch of spans.

        Args:
            spans: ended.
        """
        if self._sink is None:
            unsent = sum(len(envelopes(span, self.map.selects)) + len(_errors(span)) for span in spans)
            self.counters.lost(Reason.NO_KEY, unsent)
            return SpanExportResult.FAILURE
        self.start_recovery()
        return self._export(spans)

    def start_recovery(self) -> None:
        """Deliver from a thread what is left in the journal, if any; the events must be declared by now."""
        if self._recovery is not None:
            self._recovery.start()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Deliver the counts of errors that wait for their window to end.

        Args:
            timeout_millis: milliseconds.
        """
        batch = Batch()
        self._take_due(batch, everything=True)
        deadline = time.monotonic() + timeout_millis / 1000
        return self._deliver(batch, deadline) is SpanExportResult.SUCCESS

    def finish_by(self, deadline: float) -> None:
        """Give up at a deadline, also on a batch that is under way.

        Args:
            deadline: on the clock of `time.monotonic`.
        """
        self._is_ending = True
        self._deadline = deadline
        if self._recovery is not None:
            self._recovery.stop()
        if self._sink is not None:
            self._sink.interrupt(deadline)

    def shutdown(self) -> None:
        """Deliver what is held back, within the settings' flush timeout, and end."""
        if not self._is_ending:
            self.finish_by(time.monotonic() + self._settings.flush_timeout)
        self._window.stop()
        self.force_flush()
        if self._recovery is not None:
            self._recovery.finish(self._deadline - time.monotonic())
        if self._sink is not None:
            self._sink.close()
        if self._recovery is not None:
            self._recovery.join()
        if self.journal is not None:
            self.journal.close()

    def _export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        batch = Batch()
        for span in spans:
            try:
                self._take_span(span, batch)
            except Exception as error:  # noqa: BLE001 - one span's fault must not cost the batch
                self.counters.lost(Reason.MAPPING_FAILED)
                report_internal_error("mapping a span", error)
        self._take_due(batch)
        self._window.watch()
        return self._deliver(batch)

    def _take_span(self, span: ReadableSpan, batch: Batch) -> None:
        lines: tuple[JournalPosition, ...] = ()
        if self.journal is not None:
            lines = _lines(span)
            batch.begin(lines)
        for envelope in self._envelopes(span):
            for mapped in self._mapped(envelope):
                self._take(mapped, envelope, batch)
        for error in _errors(span):
            if self._window.admit(error, lines):
                self._take_error(error, 1, batch)
            else:
                batch.hold_back()

    def _envelopes(self, span: ReadableSpan) -> list[Envelope]:
        # What was selected when it was recorded is no longer passed over, even if the journal held it until
        # the event was declared no more.
        return envelopes(span, _everything if isinstance(span, SelectedSpan) else self.map.selects)

    def _deliver(self, batch: Batch, deadline: float | None = None) -> SpanExportResult:
        if self._sink is None:
            return SpanExportResult.SUCCESS
        # OpenTelemetry's own thread suppresses it already; a timer's and a replay's do not.
        with suppress_instrumentation():
            if self._delivery is None or self.journal is None:
                undelivered = self._sink.deliver(batch.captures, deadline) if batch.captures else ()
            else:
                undelivered = self._delivery.deliver(batch.captures, deadline, batch.lines)
                batch.account(undelivered, self.journal, self.counters)
        return SpanExportResult.FAILURE if undelivered else SpanExportResult.SUCCESS

    def _mapped(self, envelope: Envelope) -> list[Capture | Rejection]:
        try:
            return self.map(envelope)
        except Exception as error:  # noqa: BLE001 - one event's fault must not cost the batch
            report_internal_error(f"mapping {envelope.name}", error)
            return [Rejection(Reason.MAPPING_FAILED, type(error).__name__)]

    def keep(self, envelope: Envelope, reject: Rejection) -> None:
        """Keep a rejected event in the quarantine, if there is one.

        Args:
            envelope: the event.
            reject: why.
        """
        if self._quarantine is not None:
            # A later release may deliver it.
            resource = self._origins.of(envelope.resource).resource.attributes
            self._quarantine.keep(replace(envelope, resource=resource), reject)

    def _take(self, mapped: Capture | Rejection, envelope: Envelope, batch: Batch) -> None:
        if isinstance(mapped, Capture):
            batch.add(mapped)
            return
        self.counters.lost(mapped.reason)
        if mapped.reason.is_quarantined:
            kind = f"{envelope.name} {mapped.reason}"
            self._log.warning(
                kind, "event %r is rejected: %s (%s)", envelope.name, mapped.detail, mapped.reason
            )
            self.keep(envelope, mapped)

    def _take_error(self, error: ErrorRecord, occurrences: int, batch: Batch) -> None:
        with suppress_internal_errors("mapping an error"):
            for mapped in self._map_error(error, occurrences):
                self._take(mapped, error.envelope, batch)

    def _take_due(self, batch: Batch, *, everything: bool = False) -> None:
        for error, occurrences, lines in self._window.due(everything=everything):
            batch.begin(lines)
            self._take_error(error, occurrences, batch)

    def _send_due(self) -> None:
        batch = Batch()
        self._take_due(batch)
        self._deliver(batch)


def _everything(_: str) -> bool:
    return True


def _lines(span: ReadableSpan) -> tuple[JournalPosition, ...]:
    line = span.line if isinstance(span, SelectedSpan) else None
    return (line,) if isinstance(line, JournalPosition) else ()


def _errors(span: ReadableSpan) -> Sequence[ErrorRecord]:
    return span.errors if isinstance(span, SelectedSpan) else errors_of(span)


def _error_event(settings: Settings, registry: Registry) -> Callable[[], Declaration | None]:
    """Return a look-up of the product's error event, which is declared after the exporter may be made."""
    name = settings.error_event
    return lambda: None if name is None else registry.get(name)
