"""A Collector whose queue is full says so to the program, which waits, and counts what it must give up."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.whole import Whole, running_whole
from tests.lifecycle.servers import run, running, wait_for
from tests.services.needing import needs_collector

pytestmark = [pytest.mark.slow, needs_collector, pytest.mark.xdist_group("collector")]

_COUNT = 2_000
_SHIPPING = [sys.executable, "-m", "tests.collector.programs.shipping", str(_COUNT)]
# All of them wait in the program, whose batches have 512.
_ROOM = {"OTEL_BSP_MAX_QUEUE_SIZE": str(_COUNT), "OTEL_TRACES_SAMPLER": "always_off"}


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    """Give a way whose Collector can keep but the first batch, as its bridge is away."""
    with running_whole(tmp_path, BRIDGE_QUEUE_SPANS="600") as whole:
        whole.bridge.kill()
        yield whole


def _numbers(whole: Whole, count: int) -> list[int]:
    return sorted(one["properties"]["number"] for one in whole.arrived(count))


def test_what_finds_no_place_in_time_is_counted_and_what_was_taken_arrives(whole: Whole) -> None:
    ended = run(_SHIPPING, whole.environment(**_ROOM, POSTHOG_FLUSH_TIMEOUT="3"))
    assert ended.returncode == 0, ended.stderr
    totals = json.loads(ended.stdout)
    taken = totals["delivered"]
    assert 0 < taken <= 600
    assert totals["shutdown"] == _COUNT - taken
    assert "events are lost on the way: shutdown" in ended.stderr
    assert "otelcol_exporter_enqueue_failed_spans" in whole.collector.metrics()

    whole.bridge.start()
    assert _numbers(whole, taken) == list(range(taken))


def test_what_waits_for_a_place_arrives_once_there_is_one(whole: Whole, tmp_path: Path) -> None:
    env = whole.environment(**_ROOM, POSTHOG_FLUSH_TIMEOUT="30")
    with running(_SHIPPING, env, tmp_path) as program:
        wait_for(lambda: "wait for the Collector to take them again" in program.log())
        whole.bridge.start()
        wait_for(lambda: not program.is_running())
        totals = json.loads(program.log().splitlines()[-1])
    assert totals["delivered"] == _COUNT
    assert set(totals) == {"delivered", "retried"}
    assert _numbers(whole, _COUNT) == list(range(_COUNT))
