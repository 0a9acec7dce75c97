"""The log record processor that queues log-based business events, and logged exceptions."""

from __future__ import annotations

import time
from collections.abc import Iterator, MutableMapping
from functools import lru_cache
from itertools import count

from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.sdk._logs import LogRecordProcessor, ReadWriteLogRecord
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, TraceFlags

from otel._guard import report_internal_error
from otel.attributes import DELIVERED_SEPARATELY, EXCEPTION_EVENT, ORDINAL
from otel.mapping.from_log import envelope_of_log
from otel.mapping.from_span import as_dict
from otel.reasons import Reason
from otel.selecting._logged import LoggedException, logged_exception
from otel.selecting.selected import SelectedSpan
from otel.selecting.span_processor import PostHogSpanProcessor

__all__ = ["PostHogLogProcessor"]

_SAMPLED = TraceFlags(TraceFlags.SAMPLED)

# Records with the same span, name and time are emitted within one tick of the clock; remembering a thousand
# combinations is ample.
_REMEMBERED = 1_000


class PostHogLogProcessor(LogRecordProcessor):
    """A log record processor that queues business events with a span processor. Thread-safe.

    Counting, the journal, the queue's limit and flushing are that processor's. The record is marked as
    delivered separately, for other exporters that get it.

    Args:
        spans: queues the events; it selects them by `event_name`.
    """

    def __init__(self, spans: PostHogSpanProcessor) -> None:
        self._spans = spans
        self._selects = spans.selects
        self._counts = lru_cache(maxsize=_REMEMBERED)(_count)

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Queue a record that is a business event or contains an exception.

        Args:
            log_record: emitted in this thread.
        """
        unqueued = 0
        try:
            name = log_record.log_record.event_name
            if name and self._takes(name):
                unqueued = 1
                self._take(name, log_record)
            elif not self._spans.is_replaced:
                logged = logged_exception(log_record)
                if logged is not None:
                    unqueued = 1
                    self._take_exception(logged, log_record)
        except Exception as problem:  # noqa: BLE001 - a hook must not raise
            self._spans.ledger.lost(Reason.MAPPING_FAILED, unqueued)
            report_internal_error("selecting a log record", problem)

    def enabled(
        self,
        *,
        context: Context | None = None,  # noqa: ARG002 - the interface
        instrumentation_scope: InstrumentationScope | None = None,  # noqa: ARG002
        severity_number: SeverityNumber | None = None,
        event_name: str | None = None,
    ) -> bool:
        """Whether a record would be queued.

        Args:
            context: ignored.
            instrumentation_scope: ignored.
            severity_number: from `ERROR` on, the record may contain an exception.
            event_name: the record's event name.
        """
        is_error = severity_number is not None and severity_number.value >= SeverityNumber.ERROR.value
        return is_error or (bool(event_name) and self._takes(str(event_name)))

    def shutdown(self) -> None:
        """Do nothing: the queue ends with the tracer provider."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Deliver what is queued; return whether all of it was, within the time.

        Args:
            timeout_millis: milliseconds.
        """
        return self._spans.force_flush(timeout_millis)

    def _takes(self, name: str) -> bool:
        return not self._spans.is_replaced and name != EXCEPTION_EVENT and self._selects(name)

    def _take(self, name: str, emitted: ReadWriteLogRecord) -> None:
        record = emitted.log_record
        time_unix_nano = record.timestamp or record.observed_timestamp
        ordinal = next(self._counts(record.trace_id, record.span_id, name, time_unix_nano))
        if ordinal:
            _mark(record, ORDINAL, ordinal)
        resource = emitted.resource or Resource.get_empty()
        envelope = envelope_of_log(
            name,
            as_dict(record.attributes),  # a copy: processors after this one may change the record
            time_unix_nano,
            trace_id=record.trace_id or 0,
            span_id=record.span_id or 0,
            span_attributes=self._spans.identity_at(trace.get_current_span(record.context)),
            resource=resource.attributes,
        )
        context = SpanContext(envelope.trace_id, envelope.span_id, is_remote=False, trace_flags=_SAMPLED)
        span = ReadableSpan(name, context, resource=resource, attributes=envelope.span_attributes)
        event = Event(name, envelope.attributes, time_unix_nano)
        self._spans.enqueue(SelectedSpan(span, (event,), None, is_log=True))
        _mark(record, DELIVERED_SEPARATELY, True)

    def _take_exception(self, logged: LoggedException, emitted: ReadWriteLogRecord) -> None:
        record = emitted.log_record
        current = trace.get_current_span(logged.context)
        around = current.get_span_context()
        envelope = envelope_of_log(
            EXCEPTION_EVENT,
            logged.attributes,
            record.timestamp or record.observed_timestamp or time.time_ns(),
            trace_id=around.trace_id,
            span_id=around.span_id,
            resource=(emitted.resource or Resource.get_empty()).attributes,
        )
        context = SpanContext(envelope.trace_id, envelope.span_id, is_remote=False, trace_flags=_SAMPLED)
        identity = self._spans.identity_at(current) if around.is_valid else {}
        span = ReadableSpan("log", context, resource=emitted.resource, attributes=identity)
        if logged.hook is not None and logged.exception is not None:
            self._spans.report_uncaught(span, logged.exception, logged.hook)
        else:
            event = Event(EXCEPTION_EVENT, logged.attributes, envelope.time_unix_nano)
            self._spans.log_exception(span, event, logged.exception)


def _mark(record: LogRecord, name: str, value: int) -> None:
    if isinstance(record.attributes, MutableMapping):  # the SDK's always are
        record.attributes[name] = value


def _count(*_: object) -> Iterator[int]:
    """Return a counter: `lru_cache` returns the same one for equal keys, and `next` needs no lock."""
    return count()
