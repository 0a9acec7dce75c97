"""The exporter: behind OpenTelemetry's own processors, without a key, and when something of it fails."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.trace import SpanKind, StatusCode

from otel import PostHogSpanProcessor
from otel._guard import raise_internal_errors
from otel.delivery.error_limiter import FIRST
from otel.delivery.posthog.exporter import PostHogSpanExporter
from otel.envelope import Capture, Envelope
from otel.inspector.running import RunningInspector
from otel.outcomes import Counters, Ledger, Quarantine
from otel.settings import Settings
from tests.otel.delivery.scripted import Scripted, Step
from tests.otel.faults import failing
from tests.otel.shop import REGISTRY, SETTINGS


class Sink:
    """A sink that keeps captures and deadlines, raises if told to, or reports a loss."""

    def __init__(self) -> None:
        self.captures: list[Capture] = []
        self.deadlines: list[float | None] = []
        self.is_broken = False
        self.losses: tuple[str, ...] = ()
        self.ended: list[object] = []

    def deliver(self, captures: Sequence[Capture], deadline: float | None = None) -> tuple[str, ...]:
        if self.is_broken:
            raise ZeroDivisionError
        self.captures.extend(captures)
        self.deadlines.append(deadline)
        return self.losses

    def interrupt(self, deadline: float) -> None:
        self.ended.append(deadline)

    def close(self) -> None:
        self.ended.append("closed")


class Stock:
    """An exporter behind the SDK's simple processor: each span is a batch."""

    def __init__(self, settings: Settings = SETTINGS, **options: Any) -> None:
        self.counters = Counters()
        quarantine = Quarantine(settings.quarantine) if settings.quarantine else None
        self.exporter = PostHogSpanExporter(
            settings=settings, registry=REGISTRY, ledger=Ledger(self.counters, quarantine), **options
        )
        provider = TracerProvider(resource=Resource({"service.name": "shop"}), shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = provider.get_tracer("tests")

    def ship(self, *names: str) -> None:
        with self.tracer.start_as_current_span("request") as span:
            for number, name in enumerate(names or ("parcel_shipped",)):
                span.add_event(name, {"number": number})

    def fail(self) -> None:
        with suppress(LookupError), self.tracer.start_as_current_span("task", kind=SpanKind.CONSUMER):
            raise LookupError


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def stock(sink: Sink) -> Iterator[Stock]:
    made = Stock(sink=sink)
    yield made
    made.exporter.shutdown()


def test_behind_a_stock_processor_selected_events_and_the_error_that_ended_a_span_are_sent(
    stock: Stock, sink: Sink
) -> None:
    stock.ship("parcel_shipped", "cache_missed", "parcel_shipped")
    stock.fail()
    names = [capture.event for capture in sink.captures]
    assert names == ["parcel_shipped", "parcel_shipped", "$exception", "shop_failed"]
    assert stock.counters.totals() == {}


def test_without_a_key_everything_is_counted_and_a_warning_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "otel"):
        stock = Stock(SETTINGS.replace(api_key=""))
    assert "POSTHOG_API_KEY is not set: no event is sent to PostHog" in caplog.text
    stock.ship("parcel_shipped", "cache_missed", "parcel_shipped")
    stock.fail()
    assert stock.exporter.export([]) is SpanExportResult.FAILURE
    assert stock.counters.totals() == {"no_key": 3}
    assert stock.exporter.force_flush()
    stock.exporter.shutdown()


def test_without_a_key_the_errors_that_our_processor_selects_are_counted_too() -> None:
    counters = Counters()
    exporter = PostHogSpanExporter(
        settings=SETTINGS.replace(api_key=""), registry=REGISTRY, ledger=Ledger(counters)
    )
    processor = PostHogSpanProcessor(exporter, groups={}, flush_timeout=2.0, schedule_delay_millis=60_000)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    with provider.get_tracer("tests").start_as_current_span("request") as span:
        span.add_event("parcel_shipped", {"number": 1})
        for kind in (KeyError, ValueError):
            span.record_exception(kind("seen to"))
        span.set_status(StatusCode.ERROR)
    provider.shutdown()
    assert counters.totals() == {"no_key": 3}


def test_arguments_take_precedence_over_settings(server: Scripted) -> None:
    stock = Stock(SETTINGS.replace(api_key=""), api_key="phc_given", host=server.url)
    stock.ship()
    (asked,) = server.asked
    assert asked.json["api_key"] == "phc_given"
    assert stock.counters.totals() == {"delivered": 1}
    stock.exporter.shutdown()


def test_events_that_a_sink_does_not_take_are_undelivered(stock: Stock, sink: Sink) -> None:
    raise_internal_errors(False)
    sink.is_broken = True
    stock.ship("parcel_shipped", "parcel_shipped")
    assert stock.counters.totals() == {"undelivered": 2}
    sink.is_broken = False
    for _ in range(FIRST + 1):
        stock.fail()
    sink.losses = ("lost",)
    assert not stock.exporter.force_flush()
    sink.losses = ()
    assert stock.exporter.force_flush()


def test_a_span_that_cannot_be_read_does_not_cost_the_others(stock: Stock, sink: Sink) -> None:
    raise_internal_errors(False)
    with failing("reading a span", {0}):
        stock.ship("parcel_shipped", "parcel_shipped")
        stock.ship()
    assert len(sink.captures) == 1
    assert stock.counters.totals() == {"mapping_failed": 2}


def test_an_event_that_cannot_be_mapped_is_quarantined_and_the_others_are_sent(
    sink: Sink, tmp_path: Path
) -> None:
    raise_internal_errors(False)
    stock = Stock(SETTINGS.replace(quarantine=tmp_path, release_id="r1"), sink=sink)
    with failing("mapping an event", {1}), failing("mapping an error", {0}):
        stock.ship("parcel_shipped", "parcel_shipped", "parcel_shipped")
        stock.fail()
    assert [capture.properties["number"] for capture in sink.captures] == [0, 2]
    assert stock.counters.totals() == {"mapping_failed": 2}
    event, error = (entry.item for entry in Quarantine(tmp_path).entries())
    assert isinstance(event, Envelope)
    assert isinstance(error, Envelope)
    assert (event.name, event.attributes) == ("parcel_shipped", {"number": 1})
    assert error.attributes["exception.escaped"] == "True"
    # A later release may replay them.
    for one in (event, error):
        assert (one.resource["service.name"], one.resource["posthog.release_id"]) == ("shop", "r1")
    stock.exporter.shutdown()


def test_errors_that_are_held_back_are_sent_by_a_flush_within_its_time(stock: Stock, sink: Sink) -> None:
    for _ in range(FIRST + 3):
        stock.fail()
    sent = [one for one in sink.captures if one.event == "$exception"]
    assert len(sent) == FIRST
    before = time.monotonic()
    assert stock.exporter.force_flush(60_000)
    last = [one for one in sink.captures if one.event == "$exception"][-1]
    assert last.properties["occurrences"] == 3
    deadline = sink.deadlines[-1]
    assert deadline is not None
    assert before + 60 <= deadline <= time.monotonic() + 60


def test_the_end_delivers_what_is_held_back_and_closes_the_sink(sink: Sink) -> None:
    stock = Stock(SETTINGS.replace(flush_timeout=30.0), sink=sink)
    for _ in range(FIRST + 1):
        stock.fail()
    before = time.monotonic()
    stock.exporter.shutdown()
    assert (
        sum(one.properties["occurrences"] for one in sink.captures if one.event == "$exception") == FIRST + 1
    )
    deadline, closed = sink.ended
    assert isinstance(deadline, float)
    assert before + 30 <= deadline <= time.monotonic() + 30
    assert closed == "closed"


def test_an_end_that_has_a_deadline_keeps_it(sink: Sink) -> None:
    stock = Stock(sink=sink)
    stock.exporter.finish_by(7.0)
    stock.exporter.shutdown()
    assert sink.ended == [7.0, "closed"]


def test_what_posthog_refuses_is_counted_once_and_the_export_fails(server: Scripted, tmp_path: Path) -> None:
    server.steps.append(Step(401, b"no"))
    stock = Stock(SETTINGS.replace(host=server.url, quarantine=tmp_path))
    stock.ship("parcel_shipped", "parcel_shipped")
    assert stock.counters.totals() == {"unauthorised": 2}
    assert list(Quarantine(tmp_path).entries()) == []
    stock.exporter.shutdown()


def test_what_arrives_is_delivered(inspector: RunningInspector) -> None:
    stock = Stock(SETTINGS.replace(host=inspector.url))
    stock.ship("parcel_shipped", "misspelled", "parcel_shipped")
    stock.fail()
    assert len(inspector.good()) == 4
    assert stock.counters.totals() == {"delivered": 4}
    stock.exporter.shutdown()


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "set POSTHOG_API_KEY to the project's key"),
        (402, "PostHog's billing limit is reached: events are lost until it is raised"),
        (404, "POSTHOG_HOST does not answer as PostHog does (404)"),
    ],
)
def test_the_log_says_what_to_do_about_a_refusal(
    status: int, advice: str, server: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    server.steps.append(Step(status, b"no"))
    stock = Stock(SETTINGS.replace(host=server.url))
    stock.ship()
    assert advice in caplog.text
    stock.exporter.shutdown()
