"""If the program or the Collector samples no trace, PostHog gets every event and error, Jaeger nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.collector.deployment import Deployment, running_deployment
from tests.lifecycle.servers import gunicorn, serving, traceparent, wait_for
from tests.services.jaeger import RunningJaeger, running_jaeger
from tests.services.needing import needs_collector

pytestmark = [pytest.mark.slow, needs_collector, pytest.mark.xdist_group("collector")]

_SHARES = ("BASELINE", "BUSINESS", "SLOW", "ERROR")
_NO_TAIL = {f"TAIL_{share}_PERCENT": "0" for share in _SHARES}
_ALL = {f"TAIL_{share}_PERCENT": "100" for share in _SHARES}

_ROUNDS = 20
_PATHS = ("/ship/?count=3", "/raise_plainly/", "/handle_and_report/")


def _act(deployment: Deployment, folder: Path, env: dict[str, str]) -> None:
    """Send requests to the host project, whose spans also go to the Collector, and stop it."""
    with serving(gunicorn(), deployment.environment(OTEL_TRACES_EXPORTER="otlp", **env), folder) as server:
        for number in range(_ROUNDS):
            for place, path in enumerate(_PATHS, 1):
                server.get(path, traceparent(f"{number * 10 + place:032x}"))
        server.stop()


def _sampled(deployment: Deployment, jaeger: RunningJaeger) -> list[str]:
    """Stop the Collector, which then decides on all traces in its memory; return Jaeger's services."""
    deployment.collector.stop()
    return jaeger.services()


@pytest.mark.parametrize(
    ("sampler", "tail"),
    [
        ({"OTEL_TRACES_SAMPLER": "always_off"}, _ALL),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}, _ALL),
        ({"OTEL_TRACES_SAMPLER": "always_on"}, _NO_TAIL),
    ],
    ids=["none in the program", "a ratio of 0 in the program", "none at the tail"],
)
def test_posthog_gets_everything_and_jaeger_nothing(
    sampler: dict[str, str], tail: dict[str, str], tmp_path: Path
) -> None:
    with (
        running_jaeger() as jaeger,
        running_deployment(tmp_path, jaeger.otlp_grpc_endpoint, **tail) as deployment,
    ):
        _act(deployment, tmp_path, sampler)
        # Each of the two errors is sent in full a few times; the other occurrences are only counted.
        arrived = deployment.arrived(_ROUNDS * 4 + 2)
        assert _sampled(deployment, jaeger) == []
        arrived = deployment.inspector.good()

    found = Counter(one["event"] for one in arrived)
    assert found["parcel_shipped"] == _ROUNDS * 4
    for event in ("host_failed", "$exception"):
        errors = [one for one in arrived if one["event"] == event]
        assert sum(one["properties"].get("occurrences", 1) for one in errors) == _ROUNDS * 2


def test_if_everything_is_sampled_jaeger_has_each_trace(tmp_path: Path) -> None:
    with (
        running_jaeger() as jaeger,
        running_deployment(tmp_path, jaeger.otlp_grpc_endpoint, **_ALL) as deployment,
    ):
        _act(deployment, tmp_path, {"OTEL_TRACES_SAMPLER": "always_on"})
        traces = {one["properties"]["$trace_id"] for one in deployment.arrived(_ROUNDS * 4)}
        assert _sampled(deployment, jaeger) != []
        deployment.collector.restart()  # sends the sampled traces that are still in its queue
        wait_for(lambda: not [trace for trace in traces if jaeger.trace(trace) is None])
