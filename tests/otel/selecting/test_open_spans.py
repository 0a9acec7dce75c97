"""Errors of open spans: which of them wait for the entry span, and which do not."""

from __future__ import annotations

import gc
import time
import tracemalloc
from contextlib import suppress

import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags

from otel.recording.emitters import LONG_LIVED_NS
from tests.otel.selecting.processing import Pipeline

ENDED = StatusCode.ERROR


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


@pytest.mark.parametrize("is_recorded", [True, False], ids=["recorded", "caught"])
def test_a_span_that_lasts_does_not_grow_with_the_failures_inside(
    pipeline: Pipeline, is_recorded: bool
) -> None:
    entry = pipeline.tracer.start_span("consumer", start_time=time.time_ns() - LONG_LIVED_NS)

    def fail(times: int) -> None:
        for _ in range(times):
            with suppress(ValueError), pipeline.tracer.start_as_current_span("inner") as inner:
                error = ValueError("seen to")
                if not is_recorded:
                    raise error
                inner.record_exception(error)
                inner.set_status(ENDED)
        pipeline.processor.force_flush()
        pipeline.sink.captures.clear()

    with trace.use_span(entry, end_on_exit=True):
        fail(200)
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            fail(1_000)
            gc.collect()
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    # A number in the set of reported errors, which is bounded.
    assert (after - before) / 1_000 < 400


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
