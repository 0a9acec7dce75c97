"""The span processor: which events it queues and refuses, and that its errors stay inside it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased
from opentelemetry.trace import SpanKind

from otel import PostHogSpanProcessor, RecordingSampler
from otel._guard import raise_internal_errors
from otel.delivery.posthog.exporter import PostHogSpanExporter
from otel.envelope import Capture
from otel.outcomes import Counters, Ledger
from tests.otel.shop import REGISTRY, SETTINGS


class Sink:
    """A sink that accepts captures while its gate is open, and loses them if `loses` is set."""

    def __init__(self) -> None:
        self.captures: list[Capture] = []
        self.gate = threading.Event()
        self.gate.set()
        self.loses = False

    def deliver(self, captures: Sequence[Capture], deadline: float | None = None) -> tuple[str, ...]:
        self.gate.wait(5 if deadline is None else max(0, deadline - time.monotonic()))
        if self.loses:
            return ("lost",) * len(captures)
        self.captures.extend(captures)
        return ()

    def interrupt(self, deadline: float) -> None:
        self.gate.set()

    def close(self) -> None:
        pass


class Pipeline:
    """A separate provider with our processor and a sampler that drops every span."""

    def __init__(self, max_queue_size: int = 10_000) -> None:
        self.sink = Sink()
        self.counters = Counters()
        exporter = PostHogSpanExporter(
            settings=SETTINGS, registry=REGISTRY, ledger=Ledger(self.counters), sink=self.sink
        )
        self.processor = PostHogSpanProcessor(
            exporter,
            groups={},
            flush_timeout=2,
            max_queue_size=max_queue_size,
            schedule_delay_millis=60_000,
        )
        self.provider = TracerProvider(sampler=RecordingSampler(ALWAYS_OFF), shutdown_on_exit=False)
        self.provider.add_span_processor(self.processor)
        self.tracer = self.provider.get_tracer("tests")

    def ship(self, number: int) -> None:
        with self.tracer.start_as_current_span("request") as span:
            span.add_event("parcel_shipped", {"number": number})

    def numbers(self) -> list[int]:
        return [capture.properties["number"] for capture in self.sink.captures]


@pytest.fixture
def pipeline() -> Iterator[Pipeline]:
    made = Pipeline()
    yield made
    made.provider.shutdown()


def test_only_spans_with_selected_events_are_queued(pipeline: Pipeline) -> None:
    with pipeline.tracer.start_as_current_span("request") as span:
        span.add_event("cache_missed", {"key": "k"})
    pipeline.ship(1)
    assert pipeline.processor.force_flush()
    assert pipeline.numbers() == [1]


def test_a_full_queue_refuses_the_newest_and_counts_it() -> None:
    pipeline = Pipeline(max_queue_size=10)
    pipeline.sink.gate.clear()
    for number in range(40):
        pipeline.ship(number)
    pipeline.sink.gate.set()
    assert pipeline.processor.force_flush()
    pipeline.provider.shutdown()
    lost = pipeline.counters.totals().get("queue_full", 0)
    assert 0 < lost <= 30
    assert len(pipeline.numbers()) + lost == 40
    assert pipeline.numbers()[:10] == list(range(10))


def test_events_past_a_spans_limit_are_counted(pipeline: Pipeline) -> None:
    with pipeline.tracer.start_as_current_span("request") as span:
        for number in range(130):
            span.add_event("parcel_shipped", {"number": number})
    assert pipeline.processor.force_flush()
    assert pipeline.counters.totals() == {"span_event_limit": 2}
    assert pipeline.numbers() == list(range(2, 130))


def test_a_flush_returns_whether_everything_was_delivered(pipeline: Pipeline) -> None:
    pipeline.sink.loses = True
    pipeline.ship(1)
    assert not pipeline.processor.force_flush()
    pipeline.sink.loses = False
    pipeline.ship(2)
    assert pipeline.processor.force_flush()


def test_a_flush_ends_at_its_timeout(pipeline: Pipeline) -> None:
    pipeline.sink.gate.clear()
    pipeline.ship(1)
    begin = time.monotonic()
    assert not pipeline.processor.force_flush(200)
    assert time.monotonic() - begin < 1.5


def test_a_shutdown_delivers_queued_events_and_counts_later_ones(pipeline: Pipeline) -> None:
    pipeline.ship(1)
    pipeline.processor.shutdown()
    pipeline.ship(2)
    assert pipeline.numbers() == [1]
    assert pipeline.counters.totals() == {"shutdown": 1}


def test_an_internal_error_does_not_affect_other_processors(pipeline: Pipeline) -> None:
    seen: list[str] = []

    class Other(SpanProcessor):
        def on_start(self, span: Span, parent_context: object = None) -> None:
            seen.append("start")

        def on_end(self, span: ReadableSpan) -> None:
            seen.append("end")

    class Broken:
        def __call__(self, name: str) -> bool:
            raise ZeroDivisionError

    exporter = PostHogSpanExporter(settings=SETTINGS, registry=REGISTRY, sink=Sink())
    exporter.map.selects = Broken()  # type: ignore[assignment]  # a selection is not meant to fail
    broken = PostHogSpanProcessor(exporter, groups={}, flush_timeout=1)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(broken)
    provider.add_span_processor(Other())
    raise_internal_errors(False)
    with provider.get_tracer("tests").start_as_current_span("request") as span:
        span.add_event("parcel_shipped", {"number": 1})
    assert seen == ["start", "end"]
    provider.shutdown()


def test_the_sampler_keeps_start_attributes_and_the_wrapped_samplers_decision(pipeline: Pipeline) -> None:
    span = pipeline.tracer.start_span("request", attributes={"http.request.method": "GET"})
    assert isinstance(span, ReadableSpan)
    assert dict(span.attributes or {}) == {"http.request.method": "GET"}
    assert not span.get_span_context().trace_flags.sampled
    client = pipeline.tracer.start_span("SELECT", trace.set_span_in_context(span), kind=SpanKind.CLIENT)
    assert not client.is_recording()
    sampling = RecordingSampler(ParentBased(ALWAYS_ON))
    assert sampling.get_description().startswith("RecordingSampler{ParentBased{root:AlwaysOnSampler")
    span.end()
