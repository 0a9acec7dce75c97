"""The processor: what it queues, whom an event belongs to, and how it starts, is flushed, ends and forks."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Decision, ParentBased, Sampler
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags, TraceState

from otel import Identity, PostHogSpanProcessor, RecordingSampler
from otel._guard import raise_internal_errors
from otel.delivery.posthog.exporter import PostHogSpanExporter
from otel.envelope import Capture
from otel.identity import identified
from otel.outcomes import Counters, Ledger
from otel.recording.emitters import LONG_LIVED_NS
from tests.otel.faults import failing
from tests.otel.recording.test_processor import Sink
from tests.otel.shop import GROUPS, REGISTRY, SETTINGS

ENDED = StatusCode.ERROR


class Pipeline:
    """A provider of its own with our processor, which exports when flushed."""

    def __init__(self, sampler: Sampler = ALWAYS_OFF, journal: Path | None = None, **options: Any) -> None:
        self.sink = Sink()
        self.counters = Counters()
        settings = SETTINGS.replace(error_event=None, journal=journal, host="http://127.0.0.1:9")
        self.exporter = PostHogSpanExporter(
            settings=settings,
            registry=REGISTRY,
            ledger=Ledger(self.counters),
            sink=self.sink if journal is None else None,
        )
        options = {"flush_timeout": 2.0, "schedule_delay_millis": 60_000, **options}
        self.processor = PostHogSpanProcessor(self.exporter, groups=GROUPS, **options)
        self.provider = TracerProvider(sampler=RecordingSampler(sampler), shutdown_on_exit=False)
        self.provider.add_span_processor(self.processor)
        self.tracer = self.provider.get_tracer("tests")

    def ship(self, number: int = 1) -> None:
        with self.tracer.start_as_current_span("request") as span:
            span.add_event("parcel_shipped", {"number": number})

    def arrived(self) -> list[Capture]:
        assert self.processor.force_flush()
        return self.sink.captures

    def errors(self) -> list[tuple[str, bool]]:
        return [
            (capture.properties["error_type"], capture.properties["handled"])
            for capture in self.arrived()
            if capture.event == "$exception"
        ]


@pytest.fixture
def make() -> Iterator[Callable[..., Pipeline]]:
    made: list[Pipeline] = []

    def make(*args: Any, **options: Any) -> Pipeline:
        made.append(Pipeline(*args, **options))
        return made[-1]

    yield make
    for pipeline in made:
        pipeline.provider.shutdown()


@pytest.fixture
def pipeline(make: Callable[..., Pipeline]) -> Pipeline:
    return make()


def known(**fields: Any) -> Any:
    return identified(SimpleNamespace(identity=lambda: Identity(**fields)))


def test_an_event_on_an_inner_span_belongs_to_the_person_of_the_entry_span(pipeline: Pipeline) -> None:
    about = {"user.id": "anna", "shop.team.id": "t1"}
    with (
        pipeline.tracer.start_as_current_span("request", attributes=about) as entry,
        pipeline.tracer.start_as_current_span("inner", attributes={"shop.team.id": "t2"}) as inner,
    ):
        inner.add_event("parcel_shipped", {"number": 1})
        entry.add_event("parcel_shipped", {"number": 2})
    first, second = pipeline.arrived()
    assert (first.distinct_id, first.properties["$groups"]) == ("anna", {"team": "t2"})
    assert (second.distinct_id, second.properties["$groups"]) == ("anna", {"team": "t1"})


def test_the_running_requests_identity_takes_precedence_over_the_spans(pipeline: Pipeline) -> None:
    with (
        known(distinct_id="ben"),
        pipeline.tracer.start_as_current_span("request", attributes={"user.id": "anna"}) as span,
    ):
        span.add_event("parcel_shipped", {"number": 1})
        assert pipeline.processor.identity_at(span) == {"user.id": "ben"}
    assert [one.distinct_id for one in pipeline.arrived()] == ["ben"]


def test_the_identity_at_a_span_is_its_own_before_that_of_its_entry_span(pipeline: Pipeline) -> None:
    with (
        pipeline.tracer.start_as_current_span("request", attributes={"user.id": "anna", "a": 1}) as entry,
        pipeline.tracer.start_as_current_span("inner", attributes={"a": 2}) as inner,
    ):
        assert pipeline.processor.identity_at(entry) == {"user.id": "anna", "a": 1}
        assert pipeline.processor.identity_at(inner) == {"user.id": "anna", "a": 2}
        unknown = NonRecordingSpan(SpanContext(inner.get_span_context().trace_id, 7, is_remote=False))
        assert pipeline.processor.identity_at(unknown) == {"user.id": "anna", "a": 1}
    assert pipeline.processor.identity_at(inner) == {"a": 2}
    assert pipeline.processor.identity_at(trace.INVALID_SPAN) == {}


def test_an_entry_span_inside_another_ends_alone(pipeline: Pipeline) -> None:
    with pipeline.tracer.start_as_current_span("request", attributes={"user.id": "anna"}) as outer:
        with pipeline.tracer.start_as_current_span(
            "task", kind=SpanKind.CONSUMER, attributes={"user.id": "b"}
        ):
            pass
        around = NonRecordingSpan(SpanContext(outer.get_span_context().trace_id, 7, is_remote=False))
        assert pipeline.processor.identity_at(around) == {"user.id": "anna"}
    assert pipeline.processor.identity_at(around) == {}


def test_a_span_with_a_remote_parent_is_an_entry_span(pipeline: Pipeline) -> None:
    caller = NonRecordingSpan(SpanContext(0xAB, 0xCD, is_remote=True, trace_flags=TraceFlags(1)))
    with (
        suppress(ValueError),
        pipeline.tracer.start_as_current_span("request", trace.set_span_in_context(caller)),
    ):
        raise ValueError
    assert pipeline.errors() == [("ValueError", False)]


def test_an_inner_exception_waits_for_its_entry_span(pipeline: Pipeline) -> None:
    with suppress(ValueError), pipeline.tracer.start_as_current_span("request"):
        with suppress(ValueError), pipeline.tracer.start_as_current_span("inner"):
            raise ValueError("the same")
        assert pipeline.errors() == []
        raise ValueError("the same")
    assert pipeline.errors() == [("ValueError", False)]


@pytest.mark.parametrize(("age", "waits"), [(LONG_LIVED_NS - 3 * 10**9, True), (LONG_LIVED_NS, False)])
def test_what_is_recorded_by_hand_does_not_wait_for_an_entry_span_that_lasts(
    pipeline: Pipeline, age: int, waits: bool
) -> None:
    entry = pipeline.tracer.start_span(
        "command", start_time=time.time_ns() - age, attributes={"user.id": "anna"}
    )
    with trace.use_span(entry):
        with pipeline.tracer.start_as_current_span("inner") as inner:
            inner.record_exception(ValueError("seen to"))
            inner.set_status(ENDED)
        assert pipeline.errors() == ([] if waits else [("ValueError", True)])
    entry.end()
    (one,) = pipeline.arrived()
    assert (one.distinct_id, one.properties["handled"]) == ("anna", True)


def test_what_passes_through_a_span_whose_entry_span_has_ended_is_an_error(pipeline: Pipeline) -> None:
    entry = pipeline.tracer.start_span("request", attributes={"user.id": "anna"})
    inner = pipeline.tracer.start_span("stream", trace.set_span_in_context(entry))
    entry.end()
    with suppress(ValueError), trace.use_span(inner, end_on_exit=True):
        raise ValueError
    assert pipeline.errors() == [("ValueError", False)]
    assert pipeline.sink.captures[0].distinct_id == "anna"


def test_what_is_recorded_by_hand_on_a_span_whose_entry_span_has_ended_is_handled(pipeline: Pipeline) -> None:
    entry = pipeline.tracer.start_span("request")
    inner = pipeline.tracer.start_span("thread", trace.set_span_in_context(entry))
    entry.end()
    inner.record_exception(ValueError("seen to"))
    inner.set_status(ENDED)
    inner.end()
    assert pipeline.errors() == [("ValueError", True)]


def test_what_the_framework_saw_is_the_error_with_its_frames(pipeline: Pipeline) -> None:
    def view() -> None:
        raise ValueError("deep")

    span = pipeline.tracer.start_span("request")
    context = span.get_span_context()
    try:
        view()
    except ValueError as error:
        span.record_exception(error)
        span.set_status(ENDED)
        pipeline.processor.remember_exception(error, context.span_id)
        pipeline.processor.remember_exception(error, 1)  # of an unknown span
    span.end()
    assert pipeline.errors() == [("ValueError", False)]
    (listed,) = pipeline.sink.captures[0].properties["$exception_list"]
    assert listed["stacktrace"]["frames"][-1]["function"] == "view"


def test_an_expected_exception_is_no_error(pipeline: Pipeline) -> None:
    with suppress(ValueError), pipeline.tracer.start_as_current_span("task", kind=SpanKind.CONSUMER) as span:
        pipeline.processor.mark_expected(span.get_span_context().span_id)
        pipeline.processor.mark_expected(1)  # an unknown span
        raise ValueError
    assert pipeline.errors() == []


def test_an_expected_exception_of_a_task_is_an_error_of_the_request_that_it_ends(pipeline: Pipeline) -> None:
    with (
        suppress(ValueError),
        pipeline.tracer.start_as_current_span("request", kind=SpanKind.SERVER),
        pipeline.tracer.start_as_current_span("task", kind=SpanKind.CONSUMER) as task,
    ):
        pipeline.processor.mark_expected(task.get_span_context().span_id)
        raise ValueError
    assert pipeline.errors() == [("ValueError", False)]


def test_the_oldest_spans_that_never_end_are_forgotten(pipeline: Pipeline) -> None:
    first = pipeline.tracer.start_span("hung up", attributes={"user.id": "anna"})
    inner = trace.set_span_in_context(
        NonRecordingSpan(SpanContext(first.get_span_context().trace_id, 7, is_remote=False))
    )
    around = trace.get_current_span(inner)
    spans = [pipeline.tracer.start_span("open") for _ in range(19_999)]
    assert pipeline.processor.identity_at(around) == {"user.id": "anna"}
    last = pipeline.tracer.start_span("one more", attributes={"user.id": "ben"})
    assert pipeline.processor.identity_at(around) == {}
    spans[2_000].set_attribute("user.id", "cleo")
    for span, user in ((spans[1_998], None), (spans[2_000], "cleo"), (last, "ben")):
        within = NonRecordingSpan(SpanContext(span.get_span_context().trace_id, 7, is_remote=False))
        assert pipeline.processor.identity_at(within).get("user.id") == user


def test_events_past_a_spans_limit_are_counted_only_if_the_span_has_others(pipeline: Pipeline) -> None:
    with pipeline.tracer.start_as_current_span("request") as span:
        for _ in range(130):
            span.add_event("cache_missed", {})
    assert pipeline.arrived() == []
    assert pipeline.counters.totals() == {}


def test_an_event_that_cannot_be_selected_is_counted(pipeline: Pipeline) -> None:
    raise_internal_errors(False)
    with failing("selecting", {0}), pipeline.tracer.start_as_current_span("request") as span:
        for number in range(3):
            span.add_event("parcel_shipped", {"number": number})
    pipeline.ship()
    assert len(pipeline.arrived()) == 1
    assert pipeline.counters.totals() == {"mapping_failed": 3}


def test_an_error_that_cannot_be_judged_is_counted(pipeline: Pipeline) -> None:
    raise_internal_errors(False)
    with failing("judging", {0, 1, 2}):
        with suppress(ValueError), pipeline.tracer.start_as_current_span("request"):
            raise ValueError
        with suppress(ValueError), pipeline.tracer.start_as_current_span("request") as span:
            span.set_status(StatusCode.OK)
            raise ValueError
    assert pipeline.arrived() == []
    assert pipeline.counters.totals() == {"mapping_failed": 1}


def test_errors_that_cannot_be_queued_are_counted(pipeline: Pipeline) -> None:
    raise_internal_errors(False)
    with failing("selecting", {1}), pipeline.tracer.start_as_current_span("request") as span:
        for kind in (KeyError, ValueError, OSError):
            span.record_exception(kind("seen to"))
        span.set_status(ENDED)
    assert pipeline.errors() == [("KeyError", True)]
    assert pipeline.counters.totals() == {"mapping_failed": 2}


def test_a_processor_that_was_replaced_ignores_spans_and_counts_none(pipeline: Pipeline) -> None:
    pipeline.ship(1)
    assert not pipeline.processor.is_replaced
    pipeline.processor.replace()
    assert pipeline.processor.is_replaced
    pipeline.ship(2)
    with suppress(ValueError), pipeline.tracer.start_as_current_span("request"):
        raise ValueError
    assert [one.properties["number"] for one in pipeline.sink.captures] == [1]
    assert pipeline.counters.totals() == {}


def test_after_its_end_a_flush_has_nothing_to_do(pipeline: Pipeline) -> None:
    pipeline.sink.loses = True
    pipeline.ship()
    pipeline.processor.shutdown()
    pipeline.processor.shutdown()
    assert pipeline.processor.force_flush()


def test_what_is_refused_waits_in_the_journal(make: Callable[..., Pipeline], tmp_path: Path) -> None:
    pipeline = make(journal=tmp_path, max_queue_size=2, flush_timeout=0.2)
    for number in range(5):
        pipeline.ship(number)
    assert pipeline.counters.totals()["journaled"] >= 1
    pipeline.processor.shutdown()
    pipeline.ship(5)
    assert pipeline.counters.totals() == {"journaled": 6}


@pytest.mark.parametrize(
    ("value", "is_small"), [("3", True), ("1", True), ("0", False), ("", False), ("-3", False), ("x", False)]
)
def test_the_standard_variable_sizes_the_queue(
    value: str, is_small: bool, make: Callable[..., Pipeline], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", value)
    pipeline = make()
    pipeline.sink.gate.clear()
    for number in range(10):  # of which one batch is being delivered, and one is queued
        pipeline.ship(number)
    lost = pipeline.counters.totals().get("queue_full", 0)
    pipeline.sink.gate.set()
    assert len(pipeline.arrived()) + lost == 10
    assert (lost > 0) is is_small


def test_errors_that_a_full_queue_refuses_are_counted(make: Callable[..., Pipeline]) -> None:
    pipeline = make(max_queue_size=1)
    pipeline.sink.gate.clear()
    for number in range(10):
        with suppress(ValueError), pipeline.tracer.start_as_current_span("request"):
            raise ValueError(number)
    pipeline.sink.gate.set()
    assert len(pipeline.errors()) + pipeline.counters.totals()["queue_full"] == 10


def test_a_queue_that_was_delivered_has_room_again(make: Callable[..., Pipeline]) -> None:
    pipeline = make(max_queue_size=4)
    for number in range(20):
        pipeline.ship(number)
        assert len(pipeline.arrived()) == number + 1
    assert pipeline.counters.totals() == {}


def test_errors_that_are_held_back_leave_with_a_flush(pipeline: Pipeline) -> None:
    for _ in range(20):
        with suppress(ValueError), pipeline.tracer.start_as_current_span("request"):
            raise ValueError
    assert sum(one.properties["occurrences"] for one in pipeline.arrived()) == 20


def test_what_is_held_back_has_the_time_of_the_flush(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[float] = []
    deliver = pipeline.sink.deliver

    def timed(captures: Sequence[Capture], deadline: float | None = None) -> tuple[str, ...]:
        if deadline is not None:
            left.append(deadline - time.monotonic())
        return deliver(captures, deadline)

    monkeypatch.setattr(pipeline.sink, "deliver", timed)
    for _ in range(20):
        with suppress(ValueError), pipeline.tracer.start_as_current_span("request"):
            raise ValueError
    assert pipeline.processor.force_flush(60_000)
    (seconds,) = left
    assert 30 < seconds <= 60


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_has_an_empty_queue_and_no_open_spans(make: Callable[..., Pipeline]) -> None:
    pipeline = make(max_queue_size=2)
    pipeline.sink.gate.clear()
    with pipeline.tracer.start_as_current_span("request", attributes={"user.id": "anna"}) as span:
        pipeline.ship(1)
        pipeline.ship(2)
        child = os.fork()
        if child == 0:
            pipeline.sink.gate.set()
            around = NonRecordingSpan(SpanContext(span.get_span_context().trace_id, 7, is_remote=False))
            is_empty = pipeline.processor.identity_at(around) == {}
            pipeline.ship(3)
            sent = [one.properties["number"] for one in pipeline.arrived()]
            os._exit(0 if is_empty and sent == [3] and pipeline.counters.totals() == {} else 1)
    pipeline.sink.gate.set()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [one.properties["number"] for one in pipeline.arrived()] == [1, 2]


class Kept(SpanExporter):
    """An exporter that keeps the spans that a stock processor gives it."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.spans.extend(spans)
        return SpanExportResult.SUCCESS


@pytest.mark.parametrize("kind", SpanKind)
def test_the_sampler_marks_only_sampled_spans_as_delivered_separately(kind: SpanKind) -> None:
    for root, marks, expected in (
        (ALWAYS_ON, True, {"a": 1, "posthog.apart": True}),
        (ALWAYS_ON, False, {"a": 1}),
        (ALWAYS_OFF, True, {"a": 1}),
    ):
        result = RecordingSampler(root, marks_delivered=marks).should_sample(None, 1, "x", kind, {"a": 1})
        is_left = root is ALWAYS_OFF and kind in (SpanKind.CLIENT, SpanKind.PRODUCER)
        dropped = Decision.DROP if is_left else Decision.RECORD_ONLY
        assert result.decision is (Decision.RECORD_AND_SAMPLE if root is ALWAYS_ON else dropped)
        if not is_left:
            assert dict(result.attributes or {}) == expected


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
