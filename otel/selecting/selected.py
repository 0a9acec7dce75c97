"""What the exporter gets: a recorded event, or a span's other business events and errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import SpanContext, TraceFlags

from otel.envelope import Envelope
from otel.mapping.errors import ErrorRecord

__all__ = ["RecordedEvent", "Selected", "SelectedSpan"]

_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


class RecordedEvent(Envelope):
    """An event that `record` hands over when it has become true, for OpenTelemetry's batching.

    A subclass of the envelope instead of a holder of it, because each waiting event costs memory. Its
    identity is in `span_attributes`, a dict that the events of a request share.
    """

    __slots__ = ("position",)

    # The stock BatchSpanProcessor reads only this of what it queues: whether it is sampled.
    context = SpanContext(1, 1, is_remote=False, trace_flags=_SAMPLED)

    # Its place in the journal, if it has one; the type is delivery's.
    position: object

    # The number of events and errors.
    count = 1


class SelectedSpan(ReadableSpan):
    """A copy of a span with its business events and errors, for OpenTelemetry's batching.

    The stock BatchSpanProcessor ignores spans that are not sampled, so the copy's context says that it is
    sampled. The copy has only what mapping reads.

    Args:
        span: the ended span.
        events: its business events.
        identity: the identity attributes of its events; the span's own attributes by default.
        errors: the errors to report for it.
        is_log: whether it represents a log record, which has one event and no span of its own.
    """

    def __init__(
        self,
        span: ReadableSpan,
        events: Sequence[Event],
        identity: Mapping[str, Any] | None,
        errors: tuple[ErrorRecord, ...] = (),
        *,
        is_log: bool = False,
    ) -> None:
        context = span.context
        if context is not None and not context.trace_flags.sampled:
            context = SpanContext(context.trace_id, context.span_id, context.is_remote, _SAMPLED)
        super().__init__(
            name=span.name,
            context=context,
            resource=span.resource,
            attributes=span.attributes if identity is None else identity,
            events=events,
            kind=span.kind,
            start_time=span.start_time,
            end_time=span.end_time,
        )
        self.errors = errors
        self.is_log = is_log
        self.count = len(events) + len(errors)
        # Its place in the journal, if it has one; the type is delivery's.
        self.position: object = None


Selected = RecordedEvent | SelectedSpan
"""What the processor queues, and the exporter delivers."""
