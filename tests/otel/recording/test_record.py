"""Recording: on the current or a new span, about the right person, and without raising in production."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags

from otel import Identity, RecordingError, pipeline, record, record_named, set_person
from otel.identity import identified
from otel.recording._attributes import attribute_value
from otel.testing import CapturedEvents
from tests.otel.shop import SETTINGS, ParcelShipped, Person, shop

tracer = trace.get_tracer("tests")
UNSAMPLED = NonRecordingSpan(SpanContext(0xAB, 0xCD, is_remote=True, trace_flags=TraceFlags(0)))


@pytest.fixture(params=["span", "log"])
def captured(request: pytest.FixtureRequest) -> Iterator[CapturedEvents]:
    with shop(SETTINGS.replace(carrier=request.param)) as events:
        yield events


def about(**fields: Any) -> Any:
    return SimpleNamespace(identity=lambda: Identity(**fields))


def numbers(captured: CapturedEvents) -> list[int]:
    return [capture.properties["number"] for capture in captured.named("parcel_shipped")]


def test_an_id_that_is_not_a_string_identifies_a_person(captured: CapturedEvents) -> None:
    key = uuid.UUID("7ac33c4c-9aa4-4eae-99e5-de46c9714259")
    with (
        identified(about(distinct_id=key, groups={"team": 7})),
        tracer.start_as_current_span("request") as span,
    ):
        record(ParcelShipped(number=1))
        span.add_event("parcel_shipped", {"number": 2})
    assert sorted(numbers(captured)) == [1, 2]
    assert {one.distinct_id for one in captured} == {str(key)}
    assert [one.properties["$groups"] for one in captured] == [{"team": "7"}] * 2


def test_an_event_is_recorded_on_the_current_span(captured: CapturedEvents) -> None:
    with tracer.start_as_current_span("request") as span:
        record(ParcelShipped(number=1, note="fragile"))
    (capture,) = captured
    assert capture.properties["$span_id"] == f"{span.get_span_context().span_id:016x}"
    assert (capture.properties["number"], capture.properties["note"]) == (1, "fragile")
    assert "carrier" in capture.properties


def test_an_event_outside_any_span_gets_its_own_span(captured: CapturedEvents) -> None:
    record(ParcelShipped(number=1))
    record(ParcelShipped(number=2))
    assert numbers(captured) == [1, 2]
    assert captured[0].properties["$trace_id"] != captured[1].properties["$trace_id"]


def test_opentelemetrys_own_api_leads_to_the_same_capture(captured: CapturedEvents) -> None:
    with tracer.start_as_current_span("request"):
        record(ParcelShipped(number=1))
        trace.get_current_span().add_event("parcel_shipped", {"number": 1, "carrier": "post"})
    ours, plain = captured
    assert ours.properties == plain.properties
    assert ours.distinct_id == plain.distinct_id


def test_a_thousand_events_in_one_span_all_arrive(captured: CapturedEvents) -> None:
    with tracer.start_as_current_span("request"):
        for number in range(1_000):
            record(ParcelShipped(number=number))
    assert sorted(numbers(captured)) == list(range(1_000))
    assert len({capture.uuid for capture in captured}) == 1_000
    assert len({capture.properties["$trace_id"] for capture in captured}) == 1


def test_an_event_in_a_task_leaves_before_the_task_ends(captured: CapturedEvents) -> None:
    with tracer.start_as_current_span("run/sync", kind=SpanKind.CONSUMER):
        record(ParcelShipped(number=1))
        assert numbers(captured) == [1]


@pytest.mark.parametrize("kind", [SpanKind.SERVER, SpanKind.INTERNAL, SpanKind.CONSUMER])
def test_an_event_in_a_trace_that_is_not_sampled_arrives(captured: CapturedEvents, kind: SpanKind) -> None:
    with tracer.start_as_current_span("request", trace.set_span_in_context(UNSAMPLED), kind=kind) as span:
        assert not span.get_span_context().trace_flags.sampled
        record(ParcelShipped(number=1))
    assert [capture.properties["$trace_id"] for capture in captured] == [f"{0xAB:032x}"]


def test_an_event_after_its_span_has_ended_arrives(captured: CapturedEvents) -> None:
    span = tracer.start_span("request")
    with trace.use_span(span):
        span.end()
        record(ParcelShipped(number=1))
    assert numbers(captured) == [1]


def test_unsampled_client_spans_are_not_recorded_but_their_events_are(captured: CapturedEvents) -> None:
    with tracer.start_as_current_span(
        "SELECT", trace.set_span_in_context(UNSAMPLED), kind=SpanKind.CLIENT
    ) as span:
        assert not span.is_recording()
        record(ParcelShipped(number=1))
    assert numbers(captured) == [1]


def test_an_event_is_attributed_to_the_person_of_the_request(captured: CapturedEvents) -> None:
    with identified(about(distinct_id="u1", groups={"team": "t1"})):
        record(ParcelShipped(number=1))
        with tracer.start_as_current_span("inner") as span:
            span.add_event("parcel_shipped", {"number": 2})
    record(ParcelShipped(number=3))
    assert [capture.distinct_id for capture in captured][:2] == ["u1", "u1"]
    assert [capture.properties.get("$groups") for capture in captured] == [
        {"team": "t1"},
        {"team": "t1"},
        None,
    ]
    assert captured[2].properties["$process_person_profile"] is False


def test_a_given_identity_takes_precedence_over_the_requests(captured: CapturedEvents) -> None:
    with identified(about(distinct_id="u1", groups={"team": "t1"}, session_id="not-theirs")):
        record(ParcelShipped(number=1), identity=Identity("u2", {"team": "t2"}))
        set_person(Person(role="admin"), identity=Identity("u2"))
    assert [capture.distinct_id for capture in captured] == ["u2", "u2"]
    assert captured[0].properties["$groups"] == {"team": "t2"}
    assert captured[1].properties["$set"] == {"role": "admin"}


def test_a_visitor_who_is_identified_keeps_the_session(captured: CapturedEvents) -> None:
    session = "0190f5b0-2222-7000-8000-000000000002"
    with identified(about(visitor_id="v1", session_id=session)):
        record(ParcelShipped(number=1), identity=Identity("u1"))
    with identified(about(distinct_id="u2", session_id=session)):
        record(ParcelShipped(number=2), identity=Identity("u1"))
    with identified(about(visitor_id="v1", opted_out=True)):
        record(ParcelShipped(number=3), identity=Identity("u1"))
    assert [(one.distinct_id, one.properties.get("$session_id")) for one in captured] == [
        ("u1", session),
        ("u1", None),
    ]


def test_a_person_who_opted_out_leaves_no_event(captured: CapturedEvents) -> None:
    with identified(about(distinct_id="u1", opted_out=True)):
        record(ParcelShipped(number=1))
    assert list(captured) == []


def test_an_event_recorded_by_name_is_checked_as_strictly(captured: CapturedEvents) -> None:
    record_named("parcel_shipped", {"number": 1})
    with pytest.raises(RecordingError, match="no event is declared as 'parcel_shiped'"):
        record_named("parcel_shiped", {"number": 1})
    with pytest.raises(RecordingError, match="number is required"):
        record_named("parcel_shipped", {})
    with pytest.raises(RecordingError, match="has no property 'weight'"):
        record_named("parcel_shipped", {"number": 1, "weight": 2})
    assert numbers(captured) == [1]


def test_in_production_a_mistake_is_counted_and_does_not_raise(caplog: pytest.LogCaptureFixture) -> None:
    with shop() as captured:
        pipeline.install(SETTINGS.replace(strict=False), registry=_shop_registry(), sink=captured)
        with caplog.at_level(logging.WARNING, "otel"):
            record_named("parcel_shiped", {"number": 1})
            record(ParcelShipped(number="one"))  # type: ignore[arg-type]  # the mistake
        assert list(captured) == []
        running = pipeline.running()
        assert running is not None
        assert running.counters.totals() == {"undeclared": 1, "wrong_type": 1}
    assert "number is a str that does not fit int" in caplog.text


def test_values_become_types_that_opentelemetry_accepts() -> None:
    class Color(Enum):
        RED = "red"

    moment = datetime(2026, 1, 2, tzinfo=UTC)
    some_id = uuid.uuid4()
    values = (Color.RED, moment, Decimal("1.5"), some_id, [Color.RED, 1], {"b"}, 7, True, None)
    assert [attribute_value(value) for value in values[:-1]] == [
        "red",
        "2026-01-02T00:00:00+00:00",
        "1.5",
        str(some_id),
        ("red", 1),
        ("b",),
        7,
        True,
    ]


def test_a_value_whose_conversion_raises_does_not_raise_in_production() -> None:
    class Broken:
        def __str__(self) -> str:
            raise ZeroDivisionError

    with shop() as captured:
        from otel._guard import raise_internal_errors

        raise_internal_errors(False)
        record_named("parcel_shipped", {"number": Broken()})
        assert list(captured) == []


def _shop_registry() -> Any:
    from tests.otel.shop import REGISTRY

    return REGISTRY
