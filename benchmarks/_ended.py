"""Selected spans that have just ended, each with one event."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

from benchmarks._content import GROUPS, IDENTITY, OneIdentity, SyncFinished, properties
from otel import record
from otel.delivery.collector._encode import span_of_events
from otel.identity import identified
from otel.mapping import Mapper
from otel.mapping.origin import Origins
from otel.selecting import SelectedSpan

__all__ = ["BATCH", "EndedSpans", "travelling"]

BATCH = 512  # OpenTelemetry's default


class EndedSpans:
    """A generator of selected spans.

    Args:
        selects: returns whether a span event with a name is for PostHog.
    """

    def __init__(self, selects: Callable[[str], bool]) -> None:
        self._kept: list[SelectedSpan] = []
        provider = TracerProvider()
        provider.add_span_processor(_Keep(self._kept, selects))
        self._tracer = provider.get_tracer("benchmarks")

    def batch(self, count: int = BATCH) -> list[SelectedSpan]:
        """Return a new batch of spans.

        Args:
            count: the number of spans.
        """
        self._kept.clear()
        attributes = {**IDENTITY.attributes(GROUPS), "http.route": "sync/", "http.status_code": 200}
        with identified(OneIdentity()):
            for number in range(count):
                with self._tracer.start_as_current_span("GET sync/", attributes=attributes):
                    record(SyncFinished(**properties(number)))
        return self._kept.copy()


def travelling(spans: Sequence[SelectedSpan], mapper: Mapper) -> list[ReadableSpan]:
    """Return selected spans as `POSTHOG_VIA=collector` sends them.

    Args:
        spans: the selected spans.
        mapper: provides the names of the identity attributes.
    """
    return [span_of_events(span, list(span.events), mapper.stamps, Origins()) for span in spans]


class _Keep(SpanProcessor):
    """A span processor that keeps spans in the form in which the exporter receives them."""

    def __init__(self, spans: list[SelectedSpan], selects: Callable[[str], bool]) -> None:
        self._spans = spans
        self._selects = selects

    def on_end(self, span: ReadableSpan) -> None:
        """Keep an ended span."""
        chosen = [event for event in span.events if self._selects(event.name)]
        self._spans.append(SelectedSpan(span, chosen, None))
