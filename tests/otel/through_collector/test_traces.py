"""The trace stream: sampled spans are marked, because their events are delivered separately."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler
from opentelemetry.trace import SpanKind, Tracer

from otel import pipeline, record
from otel.settings import Settings
from otel.testing import capturing
from tests.otel.shop import REGISTRY, ParcelShipped
from tests.otel.through_collector.collector import Collector, attributes
from tests.otel.through_collector.conftest import SETTINGS


@pytest.fixture
def provider(collector: Collector) -> Iterator[TracerProvider]:
    """Provide a tracer provider whose traces go to the same Collector as the events."""
    made = TracerProvider(shutdown_on_exit=False)
    made.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
    before = pipeline.running()
    yield made
    if before is not None:
        pipeline.reinstall(before)
    made.shutdown()


def _traced(provider: TracerProvider, sampler: Sampler, settings: Settings = SETTINGS) -> Tracer:
    provider.sampler = sampler
    pipeline.install(settings, registry=REGISTRY, provider=provider)
    return provider.get_tracer("tests")


def _work(tracer: Tracer) -> None:
    with (
        tracer.start_as_current_span("request", kind=SpanKind.SERVER, attributes={"user.id": "a"}) as span,
        tracer.start_as_current_span("query", kind=SpanKind.CLIENT),
    ):
        span.add_event("parcel_shipped", {"number": 1})
    assert pipeline.flush()


def _marks(collector: Collector) -> list[tuple[str, Any, Any]]:
    spans = [(span.name, attributes(span.attributes)) for span in collector.spans()]
    marks = [(name, one.get("posthog.apart"), one.get("posthog.only")) for name, one in spans]
    return sorted(marks, key=repr)


def test_a_sampled_span_is_marked_and_its_events_are_sent_on_a_second_one(
    provider: TracerProvider, collector: Collector
) -> None:
    _work(_traced(provider, ALWAYS_ON))
    assert _marks(collector) == [
        ("query", True, None),
        ("request", None, True),
        ("request", True, None),
    ]


def test_only_the_events_of_an_unsampled_trace_are_sent(
    provider: TracerProvider, collector: Collector
) -> None:
    _work(_traced(provider, ALWAYS_OFF))
    assert _marks(collector) == [("request", None, True)]


def test_without_a_route_to_posthog_spans_are_left_for_a_bridge_to_map(
    provider: TracerProvider, collector: Collector
) -> None:
    tracer = _traced(provider, ALWAYS_ON)
    pipeline.install(Settings(), registry=REGISTRY, provider=provider)
    with tracer.start_as_current_span("request"):
        pass
    assert _marks(collector) == [("request", None, None)]


def test_events_are_captured_in_tests_whatever_their_route_is(collector: Collector) -> None:
    with capturing(SETTINGS, REGISTRY) as captured:
        record(ParcelShipped(number=1))
        assert [one.event for one in captured] == ["parcel_shipped"]
    assert collector.asked == []
