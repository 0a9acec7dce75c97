"""Taking: from a request's spans or log records to captures, by the same mapping as in the process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan

from otel._guard import report_internal_error
from otel.attributes import DELIVERED_SEPARATELY, ERROR, EXCEPTION_EVENT, POSTHOG_ONLY
from otel.bridge.otlp.decode import decode_attributes, envelopes_of, identifier, resource_of, span_of
from otel.delivery.collector.error_payload import carried_error
from otel.envelope import Capture, Envelope, Rejection
from otel.events import Registry
from otel.mapping import Mapper
from otel.mapping.errors import ErrorMapper, ErrorRecord
from otel.mapping.from_log import envelope_of_log
from otel.mapping.from_span import envelope_of, errors_of
from otel.reasons import Reason
from otel.settings import Settings

__all__ = ["MappedRequest", "RequestMapper"]

# How a log-based exception is known that is not named `exception` (semantic conventions, `exception`).
_EXCEPTION_TYPE = "exception.type"


@dataclass(slots=True)
class MappedRequest:
    """Hold what one request carries for PostHog.

    Args:
        items: how many spans or log records it holds.
        captures: what is to be delivered.
        origins: for each capture the position of its span or log record.
        rejects: what never will be, with its origin, and the event as far as it could be read.
    """

    items: int = 0
    captures: list[Capture] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)
    rejects: list[tuple[int, Rejection, Envelope | None]] = field(default_factory=list)

    def add(self, mapped: Capture | Rejection, envelope: Envelope) -> None:
        """Take what the mapping made of an event of the current span or log record.

        Args:
            mapped: a capture, or why there is none.
            envelope: the event.
        """
        if isinstance(mapped, Capture):
            self.captures.append(mapped)
            self.origins.append(self.items)
        else:
            self.rejects.append((self.items, mapped, envelope))

    def leave_out(self, count: int) -> None:
        """Take note of spans or log records that cannot be read.

        Args:
            count: how many.
        """
        for _ in range(count):
            self.rejects.append((self.items, Rejection(Reason.MALFORMED, "not to be read as OTLP"), None))
            self.items += 1


class RequestMapper:
    """Map what a request holds. What breaks the mapping costs itself only.

    Errors are not limited by kind here: our own pipeline does that before they travel, and a count in memory
    would be state that dies with the replica.

    Args:
        settings: the pipeline's.
        registry: the declared events.
    """

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self._map = Mapper(registry, settings)
        name = settings.error_event
        self._map_error = ErrorMapper(settings, lambda: None if name is None else registry.get(name))

    def spans(self, request: ExportTraceServiceRequest) -> MappedRequest:
        """Return what spans carry.

        Args:
            request: of `/v1/traces`.
        """
        taken = MappedRequest()
        for group in request.resource_spans:
            resource = resource_of(group.resource)
            for scope in group.scope_spans:
                for message in scope.spans:
                    if message.events:
                        try:
                            self._span(message, resource, scope.scope.name, taken)
                        except Exception as error:  # noqa: BLE001 - one span's fault must not cost the batch
                            _failed(taken, error, "taking a span")
                    taken.items += 1
        return taken

    def logs(self, request: ExportLogsServiceRequest) -> MappedRequest:
        """Return what log records carry.

        Args:
            request: of `/v1/logs`.
        """
        taken = MappedRequest()
        # Equals that a retry or another batching parts get a lower position: that repeats an id, and never
        # makes another one.
        seen: dict[tuple[bytes, bytes, str, int], int] = {}
        for group in request.resource_logs:
            resource = resource_of(group.resource)
            for scope in group.scope_logs:
                for message in scope.log_records:
                    key = message.trace_id, message.span_id, message.event_name, message.time_unix_nano
                    ordinal = seen.get(key, 0)
                    seen[key] = ordinal + 1
                    try:
                        self._record(message, resource, ordinal, taken)
                    except Exception as error:  # noqa: BLE001 - as above
                        _failed(taken, error, "taking a log record")
                    taken.items += 1
        return taken

    def _span(self, message: Span, resource: Resource, scope: str, taken: MappedRequest) -> None:
        attributes = decode_attributes(message.attributes)
        is_ours = attributes.get(POSTHOG_ONLY) is True
        if attributes.get(DELIVERED_SEPARATELY) is True and not is_ours:
            return
        # What was selected where it was recorded is not passed over for being declared no more.
        selects = _everything if is_ours else self._map.selects
        for envelope in envelopes_of(message, attributes, resource, selects):
            envelope.is_clock_trusted = is_ours
            self._event(envelope, taken)
        if any(event.name == EXCEPTION_EVENT for event in message.events):
            span = span_of(message, attributes, resource, scope)
            for error, occurrences in _carried(span) if is_ours else [(one, 1) for one in errors_of(span)]:
                error.envelope.is_clock_trusted = is_ours
                self._error(error, occurrences, taken)

    def _record(self, message: LogRecord, resource: Resource, ordinal: int, taken: MappedRequest) -> None:
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
            self._event(envelope, taken)
        else:
            # A record stands alone: what it tells of the request is on it or nowhere.
            self._error(ErrorRecord(envelope, attributes, is_handled=False), 1, taken)

    def _event(self, envelope: Envelope, taken: MappedRequest) -> None:
        try:
            for mapped in self._map(envelope):
                taken.add(mapped, envelope)
        except Exception as error:  # noqa: BLE001 - one event's fault must not cost the span
            _failed(taken, error, f"mapping {envelope.name}", envelope)

    def _error(self, error: ErrorRecord, occurrences: int, taken: MappedRequest) -> None:
        try:
            for mapped in self._map_error(error, occurrences):
                taken.add(mapped, error.envelope)
        except Exception as problem:  # noqa: BLE001 - as above
            _failed(taken, problem, "mapping an error", error.envelope)


def _carried(span: ReadableSpan) -> Sequence[tuple[ErrorRecord, int]]:
    """Return the errors that a span of our own pipeline carries whole."""
    return [
        carried_error(str((event.attributes or {})[ERROR]), envelope_of(span, event))
        for event in span.events
        if event.name == EXCEPTION_EVENT
    ]


def _failed(taken: MappedRequest, error: Exception, doing: str, envelope: Envelope | None = None) -> None:
    taken.rejects.append((taken.items, Rejection(Reason.MAPPING_FAILED, type(error).__name__), envelope))
    report_internal_error(doing, error)


def _everything(_: str) -> bool:
    return True
