"""The exporter in front of the one that sends traces: what goes through it may be read."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind

from otel._guard import suppress_internal_errors
from otel.attributes import EXCEPTION_EVENT
from otel.traces._scrubbing import scrub_span

__all__ = ["ScrubbingSpanExporter", "filter_and_scrub"]

_SCRUBBING = suppress_internal_errors("scrubbing a span")


class ScrubbingSpanExporter(SpanExporter):
    """Export spans without query strings, SQL values, headers and secrets.

    An exporter is the only place: a processor gets an ended span, which is read-only (`otel.md` section 4).

    Args:
        exporter: sends what is left.
        send_messages: whether the messages of exceptions leave, scrubbed, or only their types.
    """

    def __init__(self, exporter: SpanExporter, *, send_messages: bool = True) -> None:
        self._exporter = exporter
        self._send_messages = send_messages

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export a batch.

        Args:
            spans: ended.
        """
        return self._exporter.export(filter_and_scrub(spans, send_messages=self._send_messages))

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the exporter behind.

        Args:
            timeout_millis: milliseconds.
        """
        return self._exporter.force_flush(timeout_millis)

    def shutdown(self) -> None:
        """End the exporter behind."""
        self._exporter.shutdown()


def filter_and_scrub(spans: Sequence[ReadableSpan], *, send_messages: bool) -> list[ReadableSpan]:
    """Return what of some spans is for a trace, scrubbed.

    A call that belongs to no request and no task is no trace worth reading: a worker's looks for tasks, the
    queries of a command; unless an event happened in it. One that cannot be scrubbed does not leave.

    Args:
        spans: ended.
        send_messages: whether the messages of exceptions leave.
    """
    left = []
    for span in spans:
        is_lone_call = span.parent is None and span.kind is SpanKind.CLIENT
        if is_lone_call and all(event.name == EXCEPTION_EVENT for event in span.events):
            continue
        with _SCRUBBING:
            left.append(scrub_span(span, send_messages=send_messages))
    return left
