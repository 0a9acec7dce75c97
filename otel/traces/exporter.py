"""Exporter that scrubs spans before it passes them to the exporter that sends traces."""

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
    """Exporter of spans without query strings, SQL values, headers and secrets.

    Scrubbing must happen in an exporter, because a processor gets an ended span, which is read-only
    (`otel.md` section 4).

    Args:
        exporter: the exporter that sends the scrubbed spans.
        send_messages: whether to send scrubbed messages of exceptions, or only their types.
    """

    def __init__(self, exporter: SpanExporter, *, send_messages: bool = True) -> None:
        self._exporter = exporter
        self._send_messages = send_messages

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export a batch.

        Args:
            spans: ended spans.
        """
        return self._exporter.export(filter_and_scrub(spans, send_messages=self._send_messages))

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the wrapped exporter.

        Args:
            timeout_millis: the longest time to wait, in milliseconds.
        """
        return self._exporter.force_flush(timeout_millis)

    def shutdown(self) -> None:
        """Shut down the wrapped exporter."""
        self._exporter.shutdown()


def filter_and_scrub(spans: Sequence[ReadableSpan], *, send_messages: bool) -> list[ReadableSpan]:
    """Return the spans that belong in a trace, scrubbed.

    A call outside any request and task, such as a worker's polling or the query of a command, is dropped
    unless an event was recorded in it. A span that cannot be scrubbed is dropped as well.

    Args:
        spans: ended spans.
        send_messages: whether to send scrubbed messages of exceptions, or only their types.
    """
    left = []
    for span in spans:
        is_lone_call = span.parent is None and span.kind is SpanKind.CLIENT
        if is_lone_call and all(event.name == EXCEPTION_EVENT for event in span.events):
            continue
        with _SCRUBBING:
            left.append(scrub_span(span, send_messages=send_messages))
    return left
