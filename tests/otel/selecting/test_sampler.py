"""The sampler: what it records and leaves to others."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Decision, ParentBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags, TraceState

from otel import RecordingSampler
from tests.otel.selecting.processing import Pipeline


class Kept(SpanExporter):
    """An exporter that keeps the spans that a stock processor gives it."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.spans.extend(spans)
        return SpanExportResult.SUCCESS


@pytest.mark.parametrize("kind", SpanKind)
def test_the_sampler_records_all_but_outgoing_calls_and_keeps_a_spans_attributes(kind: SpanKind) -> None:
    for root in (ALWAYS_ON, ALWAYS_OFF):
        result = RecordingSampler(root).should_sample(None, 1, "x", kind, {"a": 1})
        is_left = root is ALWAYS_OFF and kind in (SpanKind.CLIENT, SpanKind.PRODUCER)
        dropped = Decision.DROP if is_left else Decision.RECORD_ONLY
        assert result.decision is (Decision.RECORD_AND_SAMPLE if root is ALWAYS_ON else dropped)
        if not is_left:
            assert dict(result.attributes or {}) == {"a": 1}


def test_the_sampler_passes_everything_on_and_the_trace_state_back() -> None:
    state = TraceState([("vendor", "1")])
    context = trace.set_span_in_context(
        NonRecordingSpan(SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(0), trace_state=state))
    )
    result = RecordingSampler(ParentBased(ALWAYS_ON)).should_sample(context, 1, "x", SpanKind.SERVER)
    assert (result.decision, result.trace_state) == (Decision.RECORD_ONLY, state)


def test_a_sampled_span_is_exported_by_others_as_before() -> None:
    kept = Kept()
    pipeline = Pipeline(ALWAYS_ON)
    pipeline.provider.add_span_processor(SimpleSpanProcessor(kept))
    pipeline.ship()
    assert [[event.name for event in span.events] for span in kept.spans] == [["parcel_shipped"]]
    assert len(pipeline.arrived()) == 1
    pipeline.provider.shutdown()
