"""The data that is sent to the Collector, and the data that is not."""

from __future__ import annotations

import orjson
import pytest
from opentelemetry import trace
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.trace import SpanKind, Status, StatusCode

from otel import Identity, pipeline, record, record_error
from otel.delivery.error_limiter import FIRST
from otel.identity import identified
from tests.otel.shop import ParcelShipped
from tests.otel.through_collector.collector import Collector, attributes

tracer = trace.get_tracer("tests.through_collector")

# Defined here, because the source lines around a frame are sent.
_ADDRESS = "anna@example.com"

ANNA = Identity("person-anna", groups={"team": "team-1"})


class FixedIdentity:
    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def identity(self) -> Identity:
        return self._identity


def fail(message: str = "out of stock") -> None:
    raise LookupError(message)


def test_an_event_is_sent_on_a_span_for_posthog_only(shop: pipeline.Pipeline, collector: Collector) -> None:
    with (
        identified(FixedIdentity(ANNA)),
        tracer.start_as_current_span("GET /orders", kind=SpanKind.SERVER) as span,
    ):
        span.set_attributes({"http.target": "/orders?token=secret", "http.client_ip": "192.0.2.1"})
        record(ParcelShipped(number=7))
    assert pipeline.flush()
    [sent] = collector.spans()
    context = span.get_span_context()
    assert sent.trace_id.hex() == f"{context.trace_id:032x}"
    assert sent.span_id.hex() == f"{context.span_id:016x}"
    assert (sent.name, sent.kind) == ("parcel_shipped", Span.SPAN_KIND_INTERNAL)
    assert 0 < sent.start_time_unix_nano == sent.events[0].time_unix_nano == sent.end_time_unix_nano
    assert attributes(sent.attributes) == {
        "posthog.only": True,
        "user.id": "person-anna",
        "shop.team.id": "team-1",
    }
    assert attributes(sent.events[0].attributes) == {"number": 7, "carrier": "post"}
    assert shop.counters.totals() == {"delivered": 1}


def test_a_span_event_is_sent_on_a_copy_of_its_span(shop: pipeline.Pipeline, collector: Collector) -> None:
    about = {"user.id": "person-anna", "http.target": "/orders?token=secret"}
    with tracer.start_as_current_span("GET /orders", kind=SpanKind.SERVER, attributes=about) as span:
        span.add_event("parcel_shipped", {"number": 7})
    assert pipeline.flush()
    [sent] = collector.spans()
    context = span.get_span_context()
    assert sent.trace_id.hex() == f"{context.trace_id:032x}"
    assert sent.span_id.hex() == f"{context.span_id:016x}"
    assert (sent.name, sent.kind) == ("GET /orders", Span.SPAN_KIND_SERVER)
    assert 0 < sent.start_time_unix_nano <= sent.events[0].time_unix_nano <= sent.end_time_unix_nano
    assert attributes(sent.attributes) == {"posthog.only": True, "user.id": "person-anna"}
    assert attributes(sent.events[0].attributes) == {"number": 7}


def test_a_span_outside_a_request_is_sent_with_its_identity_only(
    shop: pipeline.Pipeline, collector: Collector
) -> None:
    about = {"user.id": "person-anna", "http.target": "/orders?token=secret", "posthog.distinct_id": "anna"}
    with tracer.start_as_current_span("script", attributes=about) as span:
        span.add_event("parcel_shipped", {"number": 1})
    assert pipeline.flush()
    assert attributes(collector.spans()[0].attributes) == {
        "posthog.only": True,
        "user.id": "person-anna",
        "posthog.distinct_id": "anna",
    }


def test_an_error_is_sent_with_its_frames_and_only_the_entry_attributes_that_mapping_reads(
    shop: pipeline.Pipeline, collector: Collector
) -> None:
    entry: dict[str, str | int] = {
        "user.id": "person-anna",
        "http.method": "GET",
        "http.status_code": 500,
        "http.target": "/orders?token=secret",
        "http.user_agent": "Browser/1",
    }
    with (
        pytest.raises(LookupError),
        tracer.start_as_current_span("GET /orders", kind=SpanKind.SERVER, attributes=entry) as span,
    ):
        fail(f"no parcel for {_ADDRESS}")
    assert pipeline.flush()
    [sent] = collector.spans()
    assert sent.span_id.hex() == f"{span.get_span_context().span_id:016x}"
    assert attributes(sent.attributes) == {
        "posthog.only": True,
        "user.id": "person-anna",
        "http.method": "GET",
        "http.status_code": 500,
    }
    [event] = sent.events
    assert event.name == "exception"
    [(name, text)] = attributes(event.attributes).items()
    payload = orjson.loads(text)
    assert name == "posthog.error"
    assert (payload["type"], payload["handled"], payload["occurrences"]) == ("LookupError", False, 1)
    [exception] = payload["list"]
    assert exception["stacktrace"]["frames"][-1]["function"] == "fail"
    assert _ADDRESS not in str(sent)


def test_an_event_of_a_person_who_opted_out_is_not_sent(
    shop: pipeline.Pipeline, collector: Collector
) -> None:
    with (
        identified(FixedIdentity(Identity("person-anna", opted_out=True, session_id="s"))),
        tracer.start_as_current_span("request"),
    ):
        record(ParcelShipped(number=7))
    assert pipeline.flush()
    assert collector.asked == []
    assert shop.counters.totals() == {"opted_out": 1}


def test_an_error_of_a_person_who_opted_out_is_sent_without_an_id(
    shop: pipeline.Pipeline, collector: Collector
) -> None:
    about: dict[str, str | bool] = {"posthog.opted_out": True, "user.id": "person-anna", "session.id": "s"}
    with (
        pytest.raises(LookupError),
        tracer.start_as_current_span("request", attributes=about),
    ):
        fail()
    assert pipeline.flush()
    assert attributes(collector.spans()[0].attributes) == {"posthog.only": True, "posthog.opted_out": True}


def test_many_errors_of_a_kind_are_sent_as_a_few_and_a_count(
    shop: pipeline.Pipeline, collector: Collector
) -> None:
    for number in range(20):
        try:
            fail(str(number))
        except LookupError as error:
            record_error(error)
    assert pipeline.flush()
    payloads = [
        orjson.loads(attributes(span.events[0].attributes)["posthog.error"]) for span in collector.spans()
    ]
    assert sorted(one["occurrences"] for one in payloads) == [1] * FIRST + [20 - FIRST]
    assert shop.counters.totals() == {"delivered": FIRST + 1}


def test_a_value_that_protobuf_cannot_represent_loses_no_event(
    shop: pipeline.Pipeline, collector: Collector
) -> None:
    with tracer.start_as_current_span("request", attributes={"user.id": "\ud800"}) as span:
        span.add_event("parcel_shipped", {"number": 2**70, "note": "half \ud83d of a smile"})
        span.set_status(Status(StatusCode.OK))
    assert pipeline.flush()
    [sent] = collector.spans()
    assert attributes(sent.attributes)["user.id"] == ""
    assert attributes(sent.events[0].attributes) == {"number": hex(2**70), "note": "half � of a smile"}
