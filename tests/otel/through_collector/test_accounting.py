"""Each event on its way to the Collector is counted once: delivered, or lost for a reason."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import SpanContext, SpanKind

from otel import Identity, pipeline, record, record_error
from otel._guard import raise_internal_errors
from otel.bridge.otlp.decode import decode_attributes
from otel.delivery.collector._attributes import write_attributes
from otel.delivery.error_limiter import FIRST
from otel.envelope import Envelope
from otel.mapping.errors import ErrorRecord
from otel.outcomes import Quarantine
from otel.reasons import Reason
from otel.selecting import SelectedSpan
from tests.otel.delivery.scripted import Step
from tests.otel.faults import failing
from tests.otel.shop import ParcelShipped
from tests.otel.through_collector.collector import Collector, attributes
from tests.otel.through_collector.conftest import SETTINGS, Install

tracer = trace.get_tracer("tests.through_collector")

ANNA = Identity("anna")
OPTED_OUT = Identity("ben", opted_out=True)


def fail(kind: type[Exception] = LookupError) -> None:
    with suppress(kind), tracer.start_as_current_span("task", kind=SpanKind.CONSUMER):
        raise kind("failed")


def test_events_of_one_span_are_delivered_except_those_of_people_who_opted_out(
    shop: pipeline.Pipeline, collector: Collector
) -> None:
    with tracer.start_as_current_span("request"):
        for number, identity in enumerate([ANNA, OPTED_OUT, ANNA, OPTED_OUT, OPTED_OUT]):
            record(ParcelShipped(number=number), identity=identity)
    assert pipeline.flush()
    (span,) = collector.spans()
    assert [attributes(event.attributes)["number"] for event in span.events] == [0, 2]
    assert shop.counters.totals() == {"delivered": 2, "opted_out": 3}


def test_a_span_whose_events_cannot_be_encoded_is_counted_by_events_and_the_others_leave(
    shop: pipeline.Pipeline, collector: Collector
) -> None:
    raise_internal_errors(False)
    with failing("writing a span", {0}):
        for count in (2, 3):
            with tracer.start_as_current_span("request") as span:
                for number in range(count):
                    span.add_event("parcel_shipped", {"number": number})
        assert pipeline.flush()
    assert collector.events() == ["parcel_shipped"] * 3
    assert shop.counters.totals() == {"delivered": 3, "mapping_failed": 2}


def test_an_error_that_cannot_be_encoded_is_quarantined_and_the_others_leave(
    install: Install, collector: Collector, tmp_path: Path
) -> None:
    shop = install(SETTINGS.replace(quarantine=tmp_path))
    raise_internal_errors(False)
    with failing("listing frames", {0}):
        fail()
        fail(KeyError)
        assert pipeline.flush()
    assert collector.events() == ["exception"]
    assert shop.counters.totals() == {"delivered": 1, "mapping_failed": 1}
    (entry,) = Quarantine(tmp_path).entries()
    assert entry.rejection.reason is Reason.MAPPING_FAILED
    assert isinstance(entry.item, Envelope)
    assert (entry.item.name, entry.item.attributes["exception.type"]) == ("exception", "LookupError")
    assert entry.item.attributes["exception.escaped"] == "True"


def test_an_error_that_cannot_be_limited_is_counted(shop: pipeline.Pipeline, collector: Collector) -> None:
    raise_internal_errors(False)
    with failing("limiting", {0}):
        fail()
        fail(KeyError)
        assert pipeline.flush()
    assert collector.events() == ["exception"]
    assert shop.counters.totals() == {"delivered": 1, "mapping_failed": 1}


def test_events_and_errors_in_one_batch_are_all_counted(
    shop: pipeline.Pipeline, collector: Collector
) -> None:
    with tracer.start_as_current_span("request"):
        record(ParcelShipped(number=1), identity=ANNA)
    for _ in range(FIRST + 3):
        fail()
    assert pipeline.flush()
    sent = [attributes(span.events[0].attributes) for span in collector.spans()]
    assert len(sent) == 1 + FIRST + 1
    # The count of those that are held back is one event.
    assert shop.counters.totals() == {"delivered": 1 + FIRST + 1}


def test_what_the_collector_refuses_is_counted_by_events_not_by_spans(
    shop: pipeline.Pipeline, collector: Collector
) -> None:
    collector.server.respond = lambda _: Step(400, b"no")
    with tracer.start_as_current_span("request"):
        for number in range(3):
            record(ParcelShipped(number=number), identity=ANNA)
    assert not pipeline.flush()
    assert shop.counters.totals() == {"refused": 3}


def test_a_retry_is_counted_by_events_not_by_spans(shop: pipeline.Pipeline, collector: Collector) -> None:
    collector.server.steps.append(Step(503, headers={"Retry-After": "0"}))
    with tracer.start_as_current_span("request"):
        for number in range(3):
            record(ParcelShipped(number=number), identity=ANNA)
    assert pipeline.flush()
    assert shop.counters.totals() == {"delivered": 3, "retried": 3}


@pytest.mark.parametrize("carrier", ["span", "log"])
def test_each_carrier_is_counted(carrier: str, install: Install, collector: Collector) -> None:
    shop = install(SETTINGS.replace(carrier=carrier))
    with tracer.start_as_current_span("request"):
        record(ParcelShipped(number=1), identity=ANNA)
        record(ParcelShipped(number=2), identity=OPTED_OUT)
    assert pipeline.flush()
    assert len(collector.records()) == (carrier == "log")
    assert len(collector.spans()) == (carrier == "span")
    assert shop.counters.totals() == {"delivered": 1, "opted_out": 1}


def test_what_one_signal_refuses_fails_the_flush(install: Install, collector: Collector) -> None:
    shop = install(SETTINGS.replace(carrier="log"))
    collector.server.respond = lambda asked: Step(400 if asked.path == "/v1/logs" else 200, b"")
    record(ParcelShipped(number=1), identity=ANNA)
    fail()
    assert not pipeline.flush()
    assert shop.counters.totals() == {"delivered": 1, "refused": 1}


def test_an_error_says_when_it_happened(shop: pipeline.Pipeline, collector: Collector) -> None:
    with tracer.start_as_current_span("request"):
        record_error(LookupError("handled"), identity=ANNA)
    assert pipeline.flush()
    (span,) = collector.spans()
    assert isinstance(span, Span)
    assert 0 < span.start_time_unix_nano == span.events[0].time_unix_nano == span.end_time_unix_nano


def test_a_group_property_leaves_even_if_the_person_opted_out(
    shop: pipeline.Pipeline, collector: Collector
) -> None:
    about = {"posthog.opted_out": True}
    with tracer.start_as_current_span("request", attributes=about) as span:
        span.add_event("$groupidentify", {"posthog.group_type": "team", "posthog.group_key": "t1"})
    assert pipeline.flush()
    assert collector.events() == ["$groupidentify"]
    assert shop.counters.totals() == {"delivered": 1}


def test_events_that_left_are_not_counted_again_when_an_error_of_their_span_fails(
    shop: pipeline.Pipeline, collector: Collector
) -> None:
    raise_internal_errors(False)
    span = ReadableSpan("request", SpanContext(1, 2, is_remote=False))
    failure = ErrorRecord(Envelope("exception", {}, 7, 1, 2), {}, is_handled=True)
    both = SelectedSpan(span, [Event("parcel_shipped", {"number": 1}, 7)], None, (failure, failure))
    assert shop.exporter is not None
    with failing("limiting", {1}):
        shop.exporter.export([both])
    assert collector.events() == ["parcel_shipped", "exception"]
    assert shop.counters.totals() == {"delivered": 2, "mapping_failed": 1}


def test_errors_that_are_held_back_leave_when_their_window_ends_without_a_further_export(
    shop: pipeline.Pipeline,
) -> None:
    def timers() -> int:
        return sum(isinstance(thread, threading.Timer) for thread in threading.enumerate())

    span = ReadableSpan("request", SpanContext(1, 2, is_remote=False))
    failure = ErrorRecord(Envelope("exception", {}, 7, 1, 2), {}, is_handled=True)
    assert shop.exporter is not None
    before = timers()
    shop.exporter.export([SelectedSpan(span, [], None, (failure,) * FIRST)])
    assert timers() == before
    shop.exporter.export([SelectedSpan(span, [], None, (failure,))])
    assert timers() == before + 1


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (2**63 - 1, 2**63 - 1),
        (2**63, hex(2**63)),
        (-(2**63), -(2**63)),
        (-(2**63) - 1, hex(-(2**63) - 1)),
        (True, True),
        ("a\ud800", "a\ufffd"),
        (["a\ud800", (2**64,)], ("a\ufffd", (hex(2**64),))),
        ({"a\ud800": 2**64, 7: None}, {"a\ufffd": hex(2**64), "7": None}),
        (b"raw", b"raw"),
    ],
)
def test_a_value_is_converted_to_what_protobuf_can_hold(value: Any, sent: Any) -> None:
    message = Span()
    write_attributes(message, {"value": value})
    assert decode_attributes(message.attributes) == {"value": sent}
