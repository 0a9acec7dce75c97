"""The events and errors that the Collector passes to the bridge from any program, before sampling."""

from __future__ import annotations

import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.collector.conftest import Gateway
from tests.collector.otlp import attributes_of, event, log, send_logs, send_spans, span
from tests.lifecycle.servers import wait_for
from tests.services.needing import needs_collector

pytestmark = [pytest.mark.slow, needs_collector, pytest.mark.xdist_group("collector")]

IDENTITY = {
    "user.id": "ann@example.org",
    "enduser.pseudo.id": "0192-visitor",
    "session.id": "0192a3b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b",
    "posthog.distinct_id": "ann",
    "posthog.opted_out": False,
    "tformance.team.id": "team-1",
}


@pytest.mark.parametrize(
    "name", ["integration_connected", "$set", "$identify", "$groupidentify", "order_paid", "checkout_done"]
)
def test_a_span_with_a_declared_or_forwarded_event_reaches_the_bridge_unchanged(
    gateway: Gateway, trace: int, name: str
) -> None:
    sent = span(trace, "GET github/callback/", IDENTITY, event(name, {"provider": "github", "is_new": True}))
    send_spans(gateway.url, sent)

    (got,) = gateway.bridged(trace)

    assert (got.name, got.kind, got.span_id) == (sent.name, sent.kind, sent.span_id)
    assert got.start_time_unix_nano == sent.start_time_unix_nano
    assert list(got.events) == list(sent.events)
    assert IDENTITY.items() <= attributes_of(got.attributes).items()


@pytest.mark.parametrize(
    "name", ["integration_connecte", "xintegration_connected", "checkout_done_", "order"]
)
def test_a_span_without_such_an_event_does_not_reach_the_bridge(
    gateway: Gateway, trace: int, name: str
) -> None:
    send_spans(gateway.url, span(trace, "plain", {}, event(name)), span(trace, "selected", {}, event("$set")))

    assert [got.name for got in gateway.bridged(trace)] == ["selected"]


def test_a_span_with_an_exception_reaches_the_bridge(gateway: Gateway, trace: int) -> None:
    failed = event("exception", {"exception.type": "ValueError", "exception.stacktrace": "Traceback …"})
    send_spans(gateway.url, span(trace, "GET team/", {}, failed, error="ValueError"))

    (got,) = gateway.bridged(trace)

    assert list(got.events) == [failed]
    assert got.status.message == "ValueError"


def test_a_failed_request_reaches_the_bridge_without_an_exception_of_its_own(
    gateway: Gateway, trace: int
) -> None:
    server, consumer, internal = Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CONSUMER, Span.SPAN_KIND_INTERNAL
    send_spans(
        gateway.url,
        span(trace, "by its status", error="it fails"),
        span(trace, "by its answer", {"http.response.status_code": 500}),
        span(trace, "by its answer, old", {"http.status_code": 503}),
        span(trace, "a task", error="it fails", kind=consumer, parent=7),
        span(trace, "a script", error="it fails", kind=internal),
        span(trace, "a part", error="it fails", kind=internal, parent=7),
        span(trace, "a call", error="it fails", kind=Span.SPAN_KIND_CLIENT, parent=7),
        span(trace, "not found", {"http.response.status_code": 404}),
        span(trace, "as text", {"http.response.status_code": "404"}, kind=server),
        span(trace, "delivered", {"posthog.apart": True}, error="it fails"),
        span(trace, "selected", {}, event("$set")),
    )
    names = ["by its status", "by its answer", "by its answer, old", "a task", "a script", "selected"]
    assert [one.name for one in gateway.bridged(trace, len(names))] == names


def test_events_that_are_delivered_separately_reach_the_bridge_only_on_their_own_span(
    gateway: Gateway, trace: int
) -> None:
    happened = event("integration_connected")
    failed = event("exception", {"posthog.error": '{"message": "password=kept for the bridge to scrub"}'})
    send_spans(
        gateway.url,
        span(trace, "in the trace", {"posthog.apart": True}, happened, event("exception")),
        span(trace, "for PostHog", {"posthog.only": True, **IDENTITY}, happened, failed),
    )

    (got,) = gateway.bridged(trace)

    assert got.name == "for PostHog"
    assert list(got.events) == [happened, failed]
    assert {"posthog.only": True, **IDENTITY}.items() <= attributes_of(got.attributes).items()


def test_a_span_that_is_only_for_posthog_reaches_the_bridge_whatever_its_events_are_called(
    gateway: Gateway, trace: int
) -> None:
    send_spans(gateway.url, span(trace, "only", {"posthog.only": True}, event("by a pattern of the app")))

    assert len(gateway.bridged(trace)) == 1


def test_the_bridge_receives_its_token(gateway: Gateway, trace: int) -> None:
    send_spans(gateway.url, span(trace, "x", {}, event("$set")))
    gateway.bridged(trace)

    assert set(gateway.sink.authorizations) == {"Bearer bridge-token"}
    assert set(gateway.sink.paths) <= {"/v1/traces", "/v1/logs"}


def test_only_log_records_that_are_events_reach_the_bridge(gateway: Gateway, trace: int) -> None:
    stamped = {**IDENTITY, "provider": "github", "posthog.ordinal": 1}
    send_logs(
        gateway.url,
        log(trace, "", {}, "a line of a log"),
        log(trace, "browser.page_view", {}),
        log(trace, "integration_connected", stamped),
        log(trace, "order_paid", {}),
        log(trace, "of a pattern of the app", {"posthog.only": True}),
        log(trace, "exception", {"exception.type": "ValueError"}),
        log(trace, "", {"exception.message": "only a message"}),
        log(trace, "", {"event.name": "order_paid"}),
        log(trace, "", {"event.name": "order"}),
    )

    def arrived() -> list[LogRecord]:
        return [one for one in gateway.sink.logs if int.from_bytes(one.trace_id, "big") == trace]

    wait_for(lambda: len(arrived()) >= 6)
    assert [one.event_name for one in arrived()] == [
        "integration_connected",
        "order_paid",
        "of a pattern of the app",
        "exception",
        "",
        "order_paid",
    ]
    assert stamped.items() <= attributes_of(arrived()[0].attributes).items()


def test_unsampled_events_reach_the_bridge_even_if_nothing_is_traced(gateway: Gateway, trace: int) -> None:
    """The app sends each event on a separate span, whose parents do not exist anywhere."""
    one = span(trace, "a", {"posthog.only": True}, event("$set"), number=7, parent=6)
    other = span(trace, "b", {"posthog.only": True}, event("$set"), kind=Span.SPAN_KIND_INTERNAL, number=9)
    send_spans(gateway.url, one, other)

    assert len(gateway.bridged(trace, 2)) == 2
    assert not gateway.is_traced(trace)
