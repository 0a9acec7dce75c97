"""The processor: what it queues, whom an event belongs to, and how it starts, is flushed, ends and forks."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode

from otel import Identity
from otel._guard import raise_internal_errors
from otel.envelope import Capture
from otel.identity import identified
from tests.otel.faults import failing
from tests.otel.selecting.processing import Pipeline


def known(**fields: Any) -> Any:
    return identified(SimpleNamespace(identity=lambda: Identity(**fields)))


ENDED = StatusCode.ERROR


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


def test_an_event_leaves_after_about_a_second_without_a_flush(
    make: Callable[..., Pipeline], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OTEL_BSP_SCHEDULE_DELAY", raising=False)
    left = threading.Event()
    pipeline = make(schedule_delay_millis=None)
    monkeypatch.setattr(pipeline.sink, "deliver", lambda *_: left.set())
    pipeline.ship()
    assert left.wait(4.0)  # OpenTelemetry's own processor waits for 5


def test_a_flush_that_fails_by_an_error_was_not_successful(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(pipeline.exporter, "force_flush", fail)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)  # pytest's makes it a warning
    assert not pipeline.processor.force_flush()
    monkeypatch.undo()
    assert pipeline.processor.force_flush()


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
