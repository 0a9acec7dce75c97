"""Tail sampling of the traces that SREs see, while PostHog gets every event."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.collector.conftest import Gateway, running_gateway
from tests.collector.otlp import event, send_spans, span
from tests.services.needing import needs_collector

pytestmark = [pytest.mark.slow, needs_collector, pytest.mark.xdist_group("collector")]


@pytest.fixture(scope="module")
def picky() -> Iterator[Gateway]:
    """Run a gateway without a baseline, which keeps a trace only for a reason."""
    with running_gateway(TAIL_BASELINE_PERCENT="0") as gateway:
        yield gateway


@pytest.fixture(scope="module")
def closed() -> Iterator[Gateway]:
    """Run a gateway that keeps no trace without an error; `is_traced` needs those with one."""
    shares = ("BASELINE", "BUSINESS", "SLOW")
    with running_gateway(**{f"TAIL_{name}_PERCENT": "0" for name in shares}) as gateway:
        yield gateway


def test_an_error_anywhere_keeps_the_whole_trace(picky: Gateway, trace: int) -> None:
    send_spans(picky.url, span(trace, "entry", {"posthog.apart": True}))
    send_spans(picky.url, span(trace, "inner", number=2, parent=1, error="boom"))

    assert sorted(one["name"] for one in picky.traced(trace)) == ["entry", "inner"]


def test_a_slow_trace_is_kept(picky: Gateway, trace: int) -> None:
    send_spans(picky.url, span(trace, seconds=1.5))

    assert len(picky.traced(trace)) == 1


@pytest.mark.parametrize("is_apart", [True, False])
def test_a_trace_with_a_business_event_is_kept(picky: Gateway, trace: int, is_apart: bool) -> None:
    send_spans(
        picky.url, span(trace, "x", {"posthog.apart": True} if is_apart else {}, event("user_signed_up"))
    )

    assert len(picky.traced(trace)) == 1


def test_any_other_trace_is_not_kept_without_a_baseline(picky: Gateway) -> None:
    traces = [secrets.randbits(128) for _ in range(50)]
    for trace in traces:
        send_spans(picky.url, span(trace, "plain", {}, event("cache missed")))

    assert [picky.is_traced(traces[0]), *(picky.jaeger.trace(f"{trace:032x}") for trace in traces)] == [
        False,
        *[None] * 50,
    ]


@pytest.mark.parametrize("route", ["health/", "/ready", "healthz", "metrics/"])
def test_failing_probes_are_not_kept(picky: Gateway, trace: int, route: str) -> None:
    send_spans(picky.url, span(trace, "GET", {"http.route": route}, error="not ready"))

    assert not picky.is_traced(trace)


@pytest.mark.parametrize("route", ["team/health/", "healthy-teams/"])
def test_a_route_that_only_looks_like_a_probe_is_kept(picky: Gateway, trace: int, route: str) -> None:
    send_spans(picky.url, span(trace, "GET", {"http.route": route}, error="boom"))

    assert len(picky.traced(trace)) == 1


def test_a_request_that_calls_another_services_probe_is_kept(picky: Gateway, trace: int) -> None:
    inner = span(trace, "GET", {"http.route": "/health"}, number=2, parent=1)
    send_spans(picky.url, span(trace, "GET status/", {"http.route": "status/"}, error="boom"), inner)

    assert len(picky.traced(trace)) == 2


def test_without_sampling_nothing_is_traced_but_every_event_and_error_reaches_the_bridge(
    closed: Gateway,
) -> None:
    traces = [secrets.randbits(128) for _ in range(50)]
    for trace in traces:
        send_spans(
            closed.url,
            span(trace, "foreign", {}, event("user_signed_up"), seconds=2),
            span(trace, "only", {"posthog.only": True}, event("exception"), kind=Span.SPAN_KIND_INTERNAL),
        )

    assert [len(closed.bridged(trace, 2)) for trace in traces] == [2] * 50
    assert [closed.is_traced(traces[0]), *(closed.jaeger.trace(f"{trace:032x}") for trace in traces)] == [
        False,
        *[None] * 50,
    ]


def test_errors_can_be_left_out_too(trace: int) -> None:
    shares = ("BASELINE", "BUSINESS", "SLOW", "ERROR")
    with running_gateway(**{f"TAIL_{name}_PERCENT": "0" for name in shares}) as gateway:
        send_spans(gateway.url, span(trace, "x", {}, event("exception"), error="boom", seconds=2))
        gateway.bridged(trace)
        gateway.collector.stop()  # decides on all traces in its memory

        assert gateway.jaeger.services() == []
