"""The scaled deployment: two replicas of each tier, and each trace complete at one sampler."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.collector.otlp import event, send_spans, span
from tests.collector.sink import Sink, running_sink
from tests.lifecycle.servers import ROOT, wait_for
from tests.services.collector import RunningCollector, running_collector
from tests.services.jaeger import RunningJaeger, running_jaeger
from tests.services.needing import needs_collector

pytestmark = [pytest.mark.slow, needs_collector, pytest.mark.xdist_group("collector")]

TIER1, TIER2 = ROOT / "collector/tier1.yaml", ROOT / "collector/tier2.yaml"


@dataclass(frozen=True)
class Tiers:
    """Two replicas of each tier, and the services that they export to."""

    ingress: tuple[RunningCollector, RunningCollector]
    samplers: tuple[RunningCollector, RunningCollector]
    sink: Sink
    jaeger: RunningJaeger


@pytest.fixture(scope="module")
def tiers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tiers]:
    """Run both tiers, with a static list of samplers: on loopback no name has two addresses."""
    with ExitStack() as stack:
        sink, jaeger = stack.enter_context(running_sink()), stack.enter_context(running_jaeger())
        # The two spans of a trace take different routes; on a busy machine the second arrives later.
        to_jaeger = {
            "TAIL_DECISION_WAIT": "6s",
            "TAIL_WAIT_AFTER_ROOT": "3s",
            "TRACES_OTLP_ENDPOINT": jaeger.otlp_grpc_endpoint,
            "TAIL_BASELINE_PERCENT": "0",
        }
        samplers = [stack.enter_context(running_collector(TIER2, to_jaeger)) for _ in range(2)]
        listed = _listed(tmp_path_factory.mktemp("tiers"), [one.grpc_endpoint for one in samplers])
        to_bridge = {"POSTHOG_BRIDGE_ENDPOINT": sink.url}
        ingress = [stack.enter_context(running_collector(TIER1, to_bridge, listed)) for _ in range(2)]
        yield Tiers((ingress[0], ingress[1]), (samplers[0], samplers[1]), sink, jaeger)


def _listed(folder: Path, endpoints: list[str]) -> Path:
    resolver = {"dns": None, "static": {"hostnames": endpoints}}
    path = folder / "listed.yaml"
    path.write_text(json.dumps({"exporters": {"load_balancing/samplers": {"resolver": resolver}}}))
    return path


def test_spans_of_one_trace_sent_to_two_replicas_are_sampled_whole_by_one_sampler(tiers: Tiers) -> None:
    before = [_sampled(one) for one in tiers.samplers]
    traces = [secrets.randbits(128) for _ in range(20)]
    for trace in traces:
        send_spans(tiers.ingress[0].otlp_url, span(trace, "entry", {"posthog.apart": True, "user.id": "ann"}))
        send_spans(tiers.ingress[1].otlp_url, span(trace, "inner", number=2, parent=1, error="boom"))

    shown = [_shown(tiers.jaeger, trace) for trace in traces]
    assert [json.dumps(one).count('"spanId"') for one in shown] == [2] * 20
    assert "ann" not in json.dumps(shown)
    decided = [_sampled(one) - number for one, number in zip(tiers.samplers, before, strict=True)]
    assert sum(decided) == 20
    assert min(decided) > 0  # each sampler decided on some of the traces


def test_the_first_tier_exports_events_even_if_nothing_is_traced(tiers: Tiers) -> None:
    trace = secrets.randbits(128)
    for number, one in enumerate(tiers.ingress, 1):
        send_spans(one.otlp_url, span(trace, "x", {"posthog.only": True}, event("$set"), number=number))

    wait_for(lambda: len(tiers.sink.of(trace)) == 2)
    assert tiers.jaeger.trace(f"{trace:032x}") is None


def _shown(jaeger: RunningJaeger, trace: int) -> dict[str, Any]:
    return wait_for(lambda: jaeger.trace(f"{trace:032x}"))


def _sampled(sampler: RunningCollector) -> float:
    return sum(
        float(line.split()[-1])
        for line in sampler.metrics().splitlines()
        if line.startswith("otelcol_processor_tail_sampling_global_count_traces_sampled")
        and 'sampled="true"' in line
    )
