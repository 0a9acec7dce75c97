"""Mapping a request's spans or log records to captures, with the same mapping as in the process."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan

from otel._guard import report_internal_error
from otel.attributes import DELIVERED_SEPARATELY, ERROR, EXCEPTION_EVENT, POSTHOG_ONLY
from otel.bridge._mapped import MappedRequest
from otel.bridge.judging.recent import RecentTraces
from otel.bridge.judging.record import Record, read_record
from otel.bridge.judging.records import LoggedErrors
from otel.bridge.judging.spans import judge_trace
from otel.bridge.otlp.decode import decode_attributes, envelopes_of, identifier, resource_of, span_of
from otel.bridge.otlp.refusal import Refused
from otel.delivery.collector.error_payload import read_error
from otel.envelope import Envelope
from otel.events import Registry
from otel.mapping import Mapper
from otel.mapping.errors import ErrorMapper, ErrorRecord, error_event
from otel.mapping.from_log import content_id
from otel.mapping.from_span import envelope_of, ordinal_of
from otel.mapping.select import select_all
from otel.settings import Settings

__all__ = ["RequestMapper"]

# Whose attributes are those of the whole request or task.
_ENTRY_KINDS = frozenset({Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CONSUMER})


class RequestMapper:
    """The mapping of a request's spans or log records. Thread-safe.

    Whatever breaks the mapping of one event does not affect the others. Errors are not limited by kind here:
    our own pipeline limits them before they leave, and a count in memory would be lost with the replica.

    Args:
        settings: the bridge's settings.
        registry: the declared events.
    """

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self._map = Mapper(registry, settings)
        self._map_error = ErrorMapper(settings, error_event(settings, registry))
        self._recent = RecentTraces(self._map_error.reads)

    def spans(self, request: ExportTraceServiceRequest, max_seconds: float = math.inf) -> MappedRequest:
        """Return the events and errors of spans.

        Args:
            request: a request to `/v1/traces`.
            max_seconds: the CPU time that it may take.

        Raises:
            Refused: if it takes longer.
        """
        found = MappedRequest(max_seconds)
        failed: set[bytes] = set()
        for group in request.resource_spans:
            resource = resource_of(group.resource)
            for scope in group.scope_spans:
                for message in scope.spans[:]:  # a slice is read faster, as in `decode_attributes`
                    if self._span(message, resource, scope.scope.name, found):
                        failed.add(message.trace_id)
                    found.end_item()
        if failed:
            items = found.items
            self._judge(request, failed, found)
            found.items = items
        return found

    def logs(self, request: ExportLogsServiceRequest, max_seconds: float = math.inf) -> MappedRequest:
        """Return the events and errors of log records.

        Args:
            request: a request to `/v1/logs`.
            max_seconds: the CPU time that it may take.

        Raises:
            Refused: if it takes longer.
        """
        found = MappedRequest(max_seconds)
        # Equal records that a retry or different batching separates get a lower position: this repeats an id,
        # and never makes another one.
        seen: Counter[tuple[object, ...]] = Counter()
        errors = LoggedErrors()
        for group in request.resource_logs:
            resource = resource_of(group.resource)
            for scope in group.scope_logs:
                for message in scope.log_records:
                    try:
                        record = read_record(message, resource, scope.scope.name)
                        if record is not None:
                            self._record(record, seen, errors, found)
                    except Exception as error:  # noqa: BLE001 - an error in one record must not cost the batch
                        found.fail(error, 1)
                        report_internal_error("reading a log record", error)
                    found.end_item()
        items = found.items
        for found.items, logged in errors:
            found.check_time()
            self._error(logged, 1, found)
        found.items = items
        return found

    def _span(self, message: Span, resource: Resource, scope: str, found: MappedRequest) -> bool:
        """Map the events of a span; return whether it has an exception that its trace decides about."""
        events = message.events[:]
        if not events:
            if message.status.code == Status.STATUS_CODE_ERROR and message.kind in _ENTRY_KINDS:
                # Its exception may be in a log record alone.
                attributes = decode_attributes(message.attributes)
                self._recent.add_entry(identifier(message.trace_id, 16), attributes)
            return False
        accounted = 0
        is_ours = False
        try:
            attributes = decode_attributes(message.attributes)
            is_ours = attributes.get(POSTHOG_ONLY) is True
            if attributes.get(DELIVERED_SEPARATELY) is True and not is_ours:
                return False
            # An event that was selected where it was recorded stays selected, even if it is no longer
            # declared.
            selects = select_all if is_ours else self._map.selects
            for envelope in envelopes_of(message, events, attributes, resource, selects):
                envelope.is_clock_trusted = is_ours
                if not (is_ours or (envelope.trace_id and envelope.span_id)):
                    _identify_by_content(envelope, message.start_time_unix_nano)
                self._event(envelope, found)
                accounted += 1
            has_exception = accounted < len(events) and any(one.name == EXCEPTION_EVENT for one in events)
            # Spans without anything for PostHog do not come through the Collector.
            if not is_ours and message.kind in _ENTRY_KINDS and (accounted or has_exception):
                self._recent.add_entry(identifier(message.trace_id, 16), attributes)
            if not has_exception:
                return False
            if not is_ours:
                return True
            for error, occurrences in _read_errors(span_of(message, attributes, resource, scope)):
                self._error(error, occurrences, found)
                accounted += 1
        except Exception as error:  # noqa: BLE001 - an error in one span must not cost the batch
            found.fail(error, max(self._count(message, is_ours=is_ours) - accounted, 1))
            report_internal_error("reading a span", error)
        return False

    def _judge(
        self, request: ExportTraceServiceRequest, failed: AbstractSet[bytes], found: MappedRequest
    ) -> None:
        """Map the errors of traces of other programs."""
        for spans in _traces_of(request, failed):
            try:
                for found.items, error in judge_trace(spans):
                    found.check_time()
                    error.envelope.is_clock_trusted = False
                    if not (error.envelope.trace_id and error.envelope.span_id):
                        _identify_by_content(error.envelope, 0)
                        error.raise_site = ""
                    else:
                        self._recent.add_error(error)
                    self._error(error, 1, found)
            except Refused:
                raise
            except Exception as error:  # noqa: BLE001 - an error in one trace must not cost the batch
                found.items = spans[0][0]
                found.fail(error, 1)
                report_internal_error("judging a trace", error)

    def _count(self, message: Span, *, is_ours: bool) -> int:
        """Return how many events and errors a span carries; a foreign span has at most one error."""
        if is_ours:
            return len(message.events)
        names = [event.name for event in message.events]
        return sum(map(self._map.selects, names)) + (EXCEPTION_EVENT in names)

    def _record(
        self, record: Record, seen: Counter[tuple[object, ...]], errors: LoggedErrors, found: MappedRequest
    ) -> None:
        envelope = record.envelope
        envelope.is_clock_trusted = record.is_ours
        if envelope.name != EXCEPTION_EVENT and (record.is_ours or self._map.selects(envelope.name)):
            key = envelope.trace_id, envelope.span_id, envelope.name, envelope.time_unix_nano
            envelope.ordinal = ordinal_of(envelope.attributes, seen[key])
            seen[key] += 1
            self._event(envelope, found)
            return
        error = record.error()
        if error is not None:
            if error.raise_site:
                self._recent.complete(error)
            errors.add(found.items, error)

    def _event(self, envelope: Envelope, found: MappedRequest) -> None:
        try:
            for mapped in self._map(envelope):
                found.add(mapped, envelope)
        except Exception as error:  # noqa: BLE001 - an error in one event must not cost the span
            found.fail(error, 1, envelope)
            report_internal_error(f"mapping {envelope.name}", error)

    def _error(self, error: ErrorRecord, occurrences: int, found: MappedRequest) -> None:
        try:
            mapped = self._map_error(error, occurrences)
        except Exception as problem:  # noqa: BLE001 - as above
            found.fail(problem, 1, error.replayable())
            report_internal_error("mapping an error", problem)
            return
        for one in mapped:
            found.add(one, error.replayable())


def _identify_by_content(envelope: Envelope, time_unix_nano: int) -> None:
    """Identify an event by what it contains, because its span has no valid ids.

    Args:
        envelope: the event.
        time_unix_nano: when its span started.
    """
    envelope.span_id = 0
    envelope.trace_id = content_id(
        time_unix_nano,
        envelope.name,
        envelope.time_unix_nano,
        envelope.attributes,
        envelope.span_attributes,
        envelope.resource,
    )


def _read_errors(span: ReadableSpan) -> Sequence[tuple[ErrorRecord, int]]:
    """Return the complete errors on a span of our own pipeline, with the numbers that they represent."""
    return [
        read_error(str((event.attributes or {})[ERROR]), envelope_of(span, event))
        for event in span.events
        if event.name == EXCEPTION_EVENT
    ]


def _traces_of(
    request: ExportTraceServiceRequest, traces: AbstractSet[bytes]
) -> Iterable[Sequence[tuple[int, ReadableSpan]]]:
    """Return the spans of some traces, with their positions, by trace; a span without a trace is alone."""
    found: dict[object, list[tuple[int, ReadableSpan]]] = {}
    position = 0
    for group in request.resource_spans:
        resource = resource_of(group.resource)
        for scope in group.scope_spans:
            for message in scope.spans[:]:
                if message.trace_id in traces:
                    attributes = decode_attributes(message.attributes)
                    if not (attributes.get(POSTHOG_ONLY) or attributes.get(DELIVERED_SEPARATELY)):
                        span = span_of(message, attributes, resource, scope.scope.name)
                        trace_id = identifier(message.trace_id, 16)
                        found.setdefault(trace_id or ("alone", position), []).append((position, span))
                position += 1
    return found.values()
