"""Mapping a request's spans or log records to captures, with the same mapping as in the process."""

from __future__ import annotations

import math
from collections.abc import Sequence

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan

from otel._guard import report_internal_error
from otel.attributes import DELIVERED_SEPARATELY, ERROR, EXCEPTION_EVENT, POSTHOG_ONLY
from otel.bridge._mapped import MappedRequest
from otel.bridge.otlp.decode import decode_attributes, envelopes_of, identifier, resource_of, span_of
from otel.delivery.collector.error_payload import read_error
from otel.envelope import Envelope
from otel.events import Registry
from otel.mapping import Mapper
from otel.mapping.errors import ErrorMapper, ErrorRecord, error_event
from otel.mapping.from_log import envelope_of_log
from otel.mapping.from_span import envelope_of, errors_of
from otel.mapping.select import select_all
from otel.settings import Settings

__all__ = ["RequestMapper"]

# The attribute of log-based exceptions whose event name is not `exception` (semantic conventions,
# `exception`).
_EXCEPTION_TYPE = "exception.type"


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

    def spans(self, request: ExportTraceServiceRequest, max_seconds: float = math.inf) -> MappedRequest:
        """Return the events and errors of spans.

        Args:
            request: a request to `/v1/traces`.
            max_seconds: the CPU time that it may take.

        Raises:
            Refused: if it takes longer.
        """
        found = MappedRequest(max_seconds)
        for group in request.resource_spans:
            resource = resource_of(group.resource)
            for scope in group.scope_spans:
                scope_name = scope.scope.name
                for message in scope.spans[:]:  # a slice is read faster, as in `decode_attributes`
                    self._span(message, resource, scope_name, found)
                    found.end_item()
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
        seen: dict[tuple[bytes, bytes, str, int], int] = {}
        for group in request.resource_logs:
            resource = resource_of(group.resource)
            for scope in group.scope_logs:
                for message in scope.log_records:
                    key = message.trace_id, message.span_id, message.event_name, message.time_unix_nano
                    ordinal = seen.get(key, 0)
                    seen[key] = ordinal + 1
                    try:
                        self._record(message, resource, ordinal, found)
                    except Exception as error:  # noqa: BLE001 - an error in one record must not cost the batch
                        found.fail(error, 1)
                        report_internal_error("reading a log record", error)
                    found.end_item()
        return found

    def _span(self, message: Span, resource: Resource, scope: str, found: MappedRequest) -> None:
        events = message.events[:]
        if not events:
            return
        accounted = 0
        is_ours = False
        try:
            attributes = decode_attributes(message.attributes)
            is_ours = attributes.get(POSTHOG_ONLY) is True
            if attributes.get(DELIVERED_SEPARATELY) is True and not is_ours:
                return
            # An event that was selected where it was recorded stays selected, even if it is no longer
            # declared.
            selects = select_all if is_ours else self._map.selects
            for envelope in envelopes_of(message, events, attributes, resource, selects):
                envelope.is_clock_trusted = is_ours
                self._event(envelope, found)
                accounted += 1
            if accounted < len(events) and any(event.name == EXCEPTION_EVENT for event in events):
                span = span_of(message, attributes, resource, scope)
                for error, occurrences in _read_errors(span) if is_ours else _judged_errors(span):
                    error.envelope.is_clock_trusted = is_ours
                    self._error(error, occurrences, found)
                    accounted += 1
        except Exception as error:  # noqa: BLE001 - an error in one span must not cost the batch
            found.fail(error, max(self._count(message, is_ours=is_ours) - accounted, 1))
            report_internal_error("reading a span", error)

    def _count(self, message: Span, *, is_ours: bool) -> int:
        """Return how many events and errors a span carries; a foreign span has at most one error."""
        if is_ours:
            return len(message.events)
        names = [event.name for event in message.events]
        return sum(map(self._map.selects, names)) + (EXCEPTION_EVENT in names)

    def _record(self, message: LogRecord, resource: Resource, ordinal: int, found: MappedRequest) -> None:
        name = message.event_name
        may_be_error = message.severity_number >= SeverityNumber.SEVERITY_NUMBER_ERROR
        if not name and not may_be_error:
            return
        attributes = decode_attributes(message.attributes)
        is_ours = attributes.get(POSTHOG_ONLY) is True
        if attributes.get(DELIVERED_SEPARATELY) is True and not is_ours:
            return
        is_event = name != EXCEPTION_EVENT and (is_ours or self._map.selects(name))
        is_error = may_be_error and (name == EXCEPTION_EVENT or _EXCEPTION_TYPE in attributes)
        if not is_event and not is_error:
            return
        envelope = envelope_of_log(
            name or EXCEPTION_EVENT,
            attributes,
            message.time_unix_nano or message.observed_time_unix_nano,
            trace_id=identifier(message.trace_id, 16),
            span_id=identifier(message.span_id, 8),
            ordinal=ordinal,
            span_attributes=attributes,
            resource=resource.attributes,
        )
        envelope.is_clock_trusted = is_ours
        if is_event:
            self._event(envelope, found)
        else:
            # A record is complete: it has the request's attributes itself, or they are not known.
            self._error(ErrorRecord(envelope, attributes, is_handled=False), 1, found)

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


def _read_errors(span: ReadableSpan) -> Sequence[tuple[ErrorRecord, int]]:
    """Return the complete errors on a span of our own pipeline, with the numbers that they represent."""
    return [
        read_error(str((event.attributes or {})[ERROR]), envelope_of(span, event))
        for event in span.events
        if event.name == EXCEPTION_EVENT
    ]


def _judged_errors(span: ReadableSpan) -> Sequence[tuple[ErrorRecord, int]]:
    """Return the error that ended a span of another program."""
    return [(error, 1) for error in errors_of(span)]
