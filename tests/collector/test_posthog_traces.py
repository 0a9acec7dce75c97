"""Export of traces to PostHog: one variable enables it, and without it the Collector sends nothing there."""

from __future__ import annotations

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.collector.conftest import Gateway, running_gateway
from tests.collector.otlp import event, send_spans, span
from tests.collector.sink import Sink, running_sink
from tests.lifecycle.servers import wait_for
from tests.services.needing import needs_collector

pytestmark = [pytest.mark.slow, needs_collector, pytest.mark.xdist_group("collector")]


def _traced(posthog: Sink, trace: int) -> list[Span]:
    return wait_for(lambda: posthog.of(trace))


def test_with_the_variable_posthog_gets_the_same_sampled_traces_as_the_sres(trace: int) -> None:
    with running_sink() as posthog:
        variables = {"POSTHOG_TRACES": "true", "POSTHOG_HOST": posthog.url, "POSTHOG_API_KEY": "phc_test"}
        with running_gateway(**variables) as gateway:
            apart = {"posthog.apart": True, "user.id": "ann"}
            send_spans(gateway.url, span(trace, "GET /", apart, event("user_signed_up")))

            (got,) = _traced(posthog, trace)
            assert posthog.paths == ["/i/v1/traces"]
            assert posthog.authorizations == ["Bearer phc_test"]
            assert [one.name for one in got.events] == ["user_signed_up"]
            assert list(got.attributes) == []
            assert gateway.traced(trace)


@pytest.mark.parametrize("off", ["", "false", "no"])
def test_without_the_variable_nothing_is_sent_or_queued(trace: int, off: str) -> None:
    with running_sink() as posthog:
        posthog.status = 503
        variables = {"POSTHOG_HOST": posthog.url, "TAIL_BASELINE_PERCENT": "100"}
        with running_gateway(**variables, **({"POSTHOG_TRACES": off} if off else {})) as gateway:
            send_spans(gateway.url, span(trace))
            gateway.traced(trace)

            assert posthog.paths == []
            assert _queued(gateway) == 0


def _queued(gateway: Gateway) -> float:
    (line,) = (
        line
        for line in gateway.collector.metrics().splitlines()
        if line.startswith("otelcol_exporter_queue_size{") and 'exporter="otlp_http/posthog_traces"' in line
    )
    return float(line.split()[-1])
