"""Recorded events: queued when they become true, recognized when their span ends."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanLimits, TracerProvider
from opentelemetry.trace import SpanKind

from otel import Identity, pipeline, record
from otel.identity import identified
from otel.recording import Recorder
from otel.selecting import QueueEmitter
from otel.testing import CapturedEvents, capturing
from tests.otel.selecting.processing import Pipeline
from tests.otel.shop import GROUPS, REGISTRY, SETTINGS, ParcelShipped

ANNA = Identity("anna", groups={"team": "t1"})


class Shop:
    """A pipeline, and a recorder that hands its events to it."""

    def __init__(self, **options: Any) -> None:
        self.pipeline = Pipeline(**options)
        self.tracer = self.pipeline.tracer
        self.recorder = Recorder(
            REGISTRY,
            groups=GROUPS,
            ledger=self.pipeline.exporter.ledger,
            emitter=QueueEmitter(self.pipeline.processor),
        )

    def ship(self, *numbers: int, identity: Identity | None = ANNA) -> None:
        for number in numbers:
            self.recorder.event(ParcelShipped(number=number), identity)

    def arrived(self) -> list[tuple[int, str]]:
        """Return the numbers of the parcels that have arrived, and the people."""
        return [
            (one.properties["number"], one.distinct_id)
            for one in self.pipeline.arrived()
            if one.event == "parcel_shipped"
        ]

    def numbers(self) -> list[int]:
        return [number for number, _ in self.arrived()]


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    made = Shop()
    monkeypatch.setattr("otel.selecting.queue_emitter.own_tracer", lambda: made.tracer)
    yield made
    made.pipeline.provider.shutdown()


@contextmanager
def request(shop: Shop, source: Any = None) -> Iterator[Span]:
    """Run a request, whose identity may change."""
    with shop.tracer.start_as_current_span("GET /", kind=SpanKind.SERVER) as span:
        assert isinstance(span, Span)
        with identified(source or SimpleNamespace(identity=lambda: ANNA)):
            yield span


def test_an_event_arrives_while_its_span_is_open_and_not_again_at_its_end(shop: Shop) -> None:
    with request(shop) as span:
        shop.ship(1, identity=None)
        assert shop.arrived() == [(1, "anna")]
        shop.ship(2, identity=None)
    assert shop.arrived() == [(1, "anna"), (2, "anna")]
    assert [dict(event.attributes or {})["number"] for event in span.events] == [1, 2]


def test_the_span_event_carries_the_properties_and_not_the_person(shop: Shop) -> None:
    with request(shop) as span:
        shop.ship(1)
    (event,) = span.events
    assert dict(event.attributes or {}) == {"number": 1, "carrier": "post"}


def test_an_event_added_plainly_arrives_at_the_end_of_the_span_beside_a_recorded_one(shop: Shop) -> None:
    with request(shop) as span:
        span.add_event("parcel_shipped", {"number": 1})
        shop.ship(2)
        span.add_event("parcel_shipped", {"number": 3})
        assert shop.numbers() == [2]
    assert sorted(shop.numbers()) == [1, 2, 3]


def test_an_event_that_differs_only_in_its_position_is_a_different_event(shop: Shop) -> None:
    clock = SimpleNamespace(time_ns=lambda: 1_760_000_000_000_000_000)
    with mock.patch("otel.recording._recorder.time", clock), request(shop) as span:
        for _ in range(3):
            shop.ship(1)
        span.add_event("order_placed", timestamp=clock.time_ns())
    captures = shop.pipeline.arrived()
    assert len(captures) == len({one.uuid for one in captures}) == 3


def test_a_span_of_a_thousand_events_loses_neither_these_nor_its_error(shop: Shop) -> None:
    with suppress(LookupError), request(shop) as span:
        span.add_event("parcel_shipped", {"number": -1})
        shop.ship(*range(1_000))
        raise LookupError
    assert sorted(shop.numbers()) == list(range(-1, 1_000))
    assert shop.pipeline.errors() == [("LookupError", False)]
    assert span.dropped_events == 0
    assert shop.pipeline.counters.totals() == {}


def test_events_that_a_smaller_limit_of_the_program_drops_from_the_span_have_arrived() -> None:
    shop = Shop()
    provider = TracerProvider(
        sampler=shop.pipeline.provider.sampler, span_limits=SpanLimits(max_events=3), shutdown_on_exit=False
    )
    provider.add_span_processor(shop.pipeline.processor)
    with provider.get_tracer("tests").start_as_current_span("request") as span:
        span.add_event("parcel_shipped", {"number": -1})
        shop.ship(*range(10))
    assert shop.numbers() == list(range(10))
    # The plain one was the oldest.
    assert shop.pipeline.counters.totals() == {"span_event_limit": 1}
    shop.pipeline.provider.shutdown()


@pytest.mark.parametrize("kind", [SpanKind.INTERNAL, SpanKind.CONSUMER])
def test_an_event_of_a_span_that_lasts_for_an_hour_does_not_wait_for_its_end(
    shop: Shop, kind: SpanKind
) -> None:
    an_hour_ago = time.time_ns() - 3_600 * 10**9
    with trace.use_span(shop.tracer.start_span("task", kind=kind, start_time=an_hour_ago)):
        shop.ship(1)
        shop.ship(2, identity=None)
        assert [number for number, _ in shop.arrived()] == [1, 2]


def test_an_event_of_nobody_learns_of_a_login_later_in_the_request(shop: Shop) -> None:
    source = SimpleNamespace(identity=lambda: Identity())
    with request(shop, source) as span:
        shop.ship(1, identity=None)
        assert shop.arrived() == []
        source.identity = lambda: ANNA
        shop.ship(2, identity=None)
        assert shop.arrived() == [(2, "anna")]
        span.set_attributes(ANNA.entry_attributes(GROUPS))  # as the middleware does
    assert sorted(shop.arrived()) == [(1, "anna"), (2, "anna")]


def test_an_event_of_a_visitor_stays_the_visitors_after_a_login(shop: Shop) -> None:
    source = SimpleNamespace(identity=lambda: Identity(visitor_id="visitor-1"))
    with request(shop, source):
        shop.ship(1, identity=None)
        source.identity = lambda: ANNA
        shop.ship(2, identity=None)
    assert shop.arrived() == [(1, "visitor-1"), (2, "anna")]


def test_an_event_whose_person_the_program_writes_on_the_span_is_about_that_person(shop: Shop) -> None:
    with shop.tracer.start_as_current_span("script") as span:
        shop.ship(1, identity=None)
        span.set_attribute("user.id", "ben")
    assert shop.arrived() == [(1, "ben")]


def test_an_opt_out_on_the_span_applies_to_a_given_person_too(shop: Shop) -> None:
    with shop.tracer.start_as_current_span("script", attributes={"posthog.opted_out": True}):
        shop.ship(1)
    assert shop.arrived() == []
    assert shop.pipeline.counters.totals() == {"opted_out": 1}


def test_an_opt_out_of_the_request_applies_to_events_about_other_people(shop: Shop) -> None:
    with request(shop, SimpleNamespace(identity=lambda: Identity("ben", opted_out=True))):
        shop.ship(1)
    assert shop.arrived() == []


def test_a_property_named_like_an_identity_attribute_does_not_hide_the_person(shop: Shop) -> None:
    with request(shop):
        shop.recorder.named("parcel_shipped", {"number": 1, "shop.team.id": "t2"}, None)
    (one,) = shop.pipeline.arrived()
    assert (one.distinct_id, one.properties["$groups"]) == ("anna", {"team": "t1"})


def test_what_waits_for_a_login_is_delivered_at_the_end_of_the_program(shop: Shop) -> None:
    span = shop.tracer.start_span("a request that never ends", attributes={"user.id": "ben"})
    with trace.use_span(span):
        shop.ship(1, identity=None)
    shop.pipeline.provider.shutdown()
    assert [(one.properties["number"], one.distinct_id) for one in shop.pipeline.sink.captures] == [
        (1, "ben")
    ]


def test_spans_that_never_end_are_forgotten_and_their_events_delivered(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otel.selecting._recorded.MAX_OPEN", 10)
    spans = [shop.tracer.start_span("stuck") for _ in range(30)]
    for number, span in enumerate(spans):
        with trace.use_span(span):
            shop.ship(number, identity=None)
    assert len(shop.pipeline.processor.recorded.spans()) <= 10
    assert shop.numbers() == list(range(20))


def test_a_span_that_another_thread_ends_meanwhile_loses_no_event_of_nobody(shop: Shop) -> None:
    for number in range(200):
        span = shop.tracer.start_span("request")
        ending = threading.Thread(target=span.end)
        with trace.use_span(span):
            ending.start()
            shop.ship(number, identity=None)
        ending.join()
    assert sorted(shop.numbers()) == list(range(200))


def test_threads_that_record_on_one_span_lose_nothing(shop: Shop) -> None:
    def work(first: int) -> None:
        with trace.use_span(span), identified(SimpleNamespace(identity=lambda: ANNA)):
            shop.ship(*range(first, first + 50), identity=None)

    with request(shop) as span:
        threads = [threading.Thread(target=work, args=(first,)) for first in range(0, 400, 50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    captures = shop.pipeline.arrived()
    assert sorted(one.properties["number"] for one in captures) == list(range(400))
    assert len({one.uuid for one in captures}) == 400


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_a_child_that_ends_the_span_of_its_parent_delivers_nothing_of_the_parents(shop: Shop) -> None:
    """The parent delivers what it recorded before the fork, also if the child ends its copy of the span."""
    reading, writing = os.pipe()
    with request(shop) as span:
        shop.ship(1)
        shop.ship(2, identity=Identity())
        child = os.fork()
        if child == 0:
            try:
                shop.ship(3)
                span.end()
                os.write(writing, repr(sorted(shop.numbers())).encode())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
    assert os.read(reading, 100) == b"[3]"
    assert sorted(shop.numbers()) == [1, 2]


def test_a_pipeline_that_replaces_another_does_not_deliver_its_events_again() -> None:
    tracer = trace.get_tracer("tests")
    with capturing(SETTINGS, REGISTRY) as first:
        span = tracer.start_span("request")
        with trace.use_span(span):
            record(ParcelShipped(number=1), identity=ANNA)
        assert len(first) == 1
        second = CapturedEvents()
        pipeline.install(SETTINGS, registry=REGISTRY, sink=second)
        span.end()
        assert len(second) == 0


def test_an_event_after_the_end_of_its_span_gets_a_span_of_its_own(shop: Shop) -> None:
    with request(shop) as span:
        pass
    with trace.use_span(span):
        shop.ship(1)
    (one,) = shop.pipeline.arrived()
    assert isinstance(span, ReadableSpan)
    assert span.context is not None
    assert one.properties["$trace_id"] == f"{span.context.trace_id:032x}"
    assert one.properties["$span_id"] != f"{span.context.span_id:016x}"


def test_an_event_that_waits_for_a_commit_while_the_pipeline_is_replaced_leaves_with_the_new_one() -> None:
    waiting: list[Callable[[], None]] = []

    def on_commit(call: Callable[[], None]) -> bool:
        waiting.append(call)
        return True

    tracer = trace.get_tracer("tests")
    with capturing(SETTINGS, REGISTRY) as captured:
        pipeline.install(SETTINGS, registry=REGISTRY, sink=CapturedEvents(), on_commit=on_commit)
        with tracer.start_as_current_span("request"):
            record(ParcelShipped(number=1), identity=ANNA)
            pipeline.install(SETTINGS, registry=REGISTRY, sink=captured)
            waiting.pop()()
        assert [one.distinct_id for one in captured] == ["anna"]
