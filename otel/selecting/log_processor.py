"""The log record processor that queues log-based business events."""

from __future__ import annotations

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
        """Queue a record that is a business event.

        Args:
            log_record: emitted in this thread.
        """
        unqueued = 0
        try:
            name = log_record.log_record.event_name
            if name and self._takes(name):
                unqueued = 1
                self._take(name, log_record)
        except Exception as problem:  # noqa: BLE001 - a hook must not raise
            self._spans.ledger.lost(Reason.MAPPING_FAILED, unqueued)
            report_internal_error("selecting a log record", problem)

    def enabled(
        self,
        *,
        context: Context | None = None,  # noqa: ARG002 - the interface
        instrumentation_scope: InstrumentationScope | None = None,  # noqa: ARG002
        severity_number: SeverityNumber | None = None,  # noqa: ARG002
        event_name: str | None = None,
    ) -> bool:
        """Whether a record would be queued.

        Args:
            context: ignored.
            instrumentation_scope: ignored.
            severity_number: ignored.
            event_name: the record's event name.
        """
        return bool(event_name) and self._takes(str(event_name))

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


def _mark(record: LogRecord, name: str, value: int) -> None:
    if isinstance(record.attributes, MutableMapping):  # the SDK's always are
        record.attributes[name] = value


def _count(*_: object) -> Iterator[int]:
    """Return a counter: `lru_cache` returns the same one for equal keys, and `next` needs no lock."""
    return count()
