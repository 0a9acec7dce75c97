"""Exporter that scrubs spans before it passes them to the exporter that sends traces."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel.traces.scrubber import Scrubber

__all__ = ["Scrub", "ScrubbingSpanExporter"]

Scrub = Callable[[Sequence[ReadableSpan]], list[ReadableSpan]]
"""Returns the spans that belong in a trace, scrubbed."""


class ScrubbingSpanExporter(SpanExporter):
    """Exporter of spans without query strings, SQL values, headers and secrets. Thread-safe.

    Scrubbing must happen in an exporter, because a processor gets an ended span, which is read-only
    (`otel.md` section 4).

    Args:
        exporter: the exporter that sends the scrubbed spans.
        scrub: the rules, such as `otel.pipeline.scrub`; by default those of the default registry.
    """

    def __init__(self, exporter: SpanExporter, scrub: Scrub | None = None) -> None:
        self._exporter = exporter
        self._scrub = scrub or Scrubber().filter_and_scrub

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export a batch.

        Args:
            spans: ended spans.
        """
        return self._exporter.export(self._scrub(spans))

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the wrapped exporter.

        Args:
            timeout_millis: the longest time to wait, in milliseconds.
        """
        return self._exporter.force_flush(timeout_millis)

    def shutdown(self) -> None:
        """Shut down the wrapped exporter."""
        self._exporter.shutdown()
