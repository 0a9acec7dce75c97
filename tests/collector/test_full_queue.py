"""If the Collector's queue is full, the program waits, and counts the events that it must give up."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.deployment import Deployment, running_deployment
from tests.lifecycle.servers import run, running, wait_for
from tests.services.needing import needs_collector

pytestmark = [pytest.mark.slow, needs_collector, pytest.mark.xdist_group("collector")]

_COUNT = 2_000
_SHIPPING = [sys.executable, "-m", "tests.collector.programs.shipping", str(_COUNT)]
# The program's queue has room for all events, and a batch fits into the Collector's.
_ROOM = {
    "OTEL_BSP_MAX_QUEUE_SIZE": str(_COUNT),
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "512",
    "OTEL_TRACES_SAMPLER": "always_off",
}


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    """Run a deployment without its bridge, whose Collector has room only for the first batch."""
    with running_deployment(tmp_path, BRIDGE_QUEUE_SPANS="600") as deployment:
        deployment.bridge.kill()
        yield deployment


def _numbers(deployment: Deployment, count: int) -> list[int]:
    return sorted(one["properties"]["number"] for one in deployment.arrived(count))


def test_events_without_room_in_time_are_counted_as_lost_and_the_others_arrive(
    deployment: Deployment,
) -> None:
    ended = run(_SHIPPING, deployment.environment(**_ROOM, POSTHOG_FLUSH_TIMEOUT="3"))
    assert ended.returncode == 0, ended.stderr
    totals = json.loads(ended.stdout)
    taken = totals["delivered"]
    assert 0 < taken <= 600
    assert totals["shutdown"] == _COUNT - taken
    assert "events were lost: shutdown" in ended.stderr
    assert "otelcol_exporter_enqueue_failed_spans" in deployment.collector.metrics()

    deployment.bridge.start()
    # Not always the first ones: the last batch is smaller, and may find room where an earlier one did not.
    numbers = _numbers(deployment, taken)
    assert len(set(numbers)) == len(numbers) == taken
    assert set(numbers) <= set(range(_COUNT))


def test_events_that_wait_for_room_arrive_when_there_is_room(deployment: Deployment, tmp_path: Path) -> None:
    env = deployment.environment(**_ROOM, POSTHOG_FLUSH_TIMEOUT="30")
    with running(_SHIPPING, env, tmp_path) as program:
        wait_for(lambda: "wait for the Collector to accept them" in program.log())
        deployment.bridge.start()
        wait_for(lambda: not program.is_running())
        totals = json.loads(program.log().splitlines()[-1])
    assert totals["delivered"] == _COUNT
    assert set(totals) == {"delivered", "retried"}
    assert _numbers(deployment, _COUNT) == list(range(_COUNT))
