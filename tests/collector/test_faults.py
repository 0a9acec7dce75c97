"""Whatever fails on the way, under load: nothing is lost, nothing doubled, nothing held up by another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from otel.inspector.running import RunningInspector
from tests.collector.load import Recorded, loading, shipped
from tests.collector.whole import Whole, running_whole
from tests.lifecycle.servers import Server, gunicorn, serving, wait_for
from tests.services.needing import needs_collector

pytestmark = [pytest.mark.slow, needs_collector, pytest.mark.xdist_group("collector")]


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with running_whole(tmp_path) as whole:
        yield whole


@contextmanager
def _host(whole: Whole, folder: Path) -> Iterator[Server]:
    """Run the host project; every event that it has taken is with the Collector when the block ends."""
    with serving(gunicorn("--threads", "4"), whole.environment(), folder) as server:
        yield server
        server.stop()
        assert "lost" not in server.log()


def _all_of(recorded: Recorded, whole: Whole) -> bool:
    """Whether exactly what was recorded has arrived."""
    whole.arrived(len(recorded))
    assert shipped(whole.inspector) == sorted(recorded)
    return True


def _requests(inspector: RunningInspector, count: int) -> None:
    """Wait for requests after those so far."""
    before = len(inspector.requests())
    wait_for(lambda: len(inspector.requests()) >= before + count)


def test_while_posthog_is_busy_away_or_silent_everything_waits_and_then_arrives_once(
    whole: Whole, tmp_path: Path
) -> None:
    with _host(whole, tmp_path) as server, loading(server) as recorded:
        for failure in (
            {"status": 503, "count": 2},
            {"status": 429, "count": 2, "retry_after": 1},
            {"drop": True, "count": 2},
            {"lose_answer": True, "count": 2},
            {"status": 500},
        ):
            whole.inspector.fail(**failure)
        _requests(whole.inspector, 9)
    assert _all_of(recorded, whole)
    # Those whose answer was lost come again, with whatever delay the Collector has come to by then.
    wait_for(lambda: whole.inspector.all()["duplicates"] > 0)


def test_a_bridge_that_is_killed_under_load_loses_and_doubles_nothing(whole: Whole, tmp_path: Path) -> None:
    with _host(whole, tmp_path) as server, loading(server) as recorded:
        for _ in range(3):
            _requests(whole.inspector, 1)
            whole.inspector.fail(delay=0.5, count=2)
            wait_for(lambda: whole.bridge.metric("posthog_bridge_requests_in_flight") > 0)
            whole.bridge.kill()
            whole.bridge.start()
    assert _all_of(recorded, whole)


def test_a_collector_that_is_killed_under_load_loses_and_doubles_nothing(
    whole: Whole, tmp_path: Path
) -> None:
    with _host(whole, tmp_path) as server, loading(server) as recorded:
        for _ in range(2):
            _requests(whole.inspector, 1)
            whole.collector.kill()
            whole.collector.restart()
    assert _all_of(recorded, whole)


def test_what_a_killed_collector_had_taken_it_delivers_once_it_is_back(whole: Whole, tmp_path: Path) -> None:
    whole.bridge.kill()
    with _host(whole, tmp_path) as server, loading(server) as recorded:
        pass
    # The program has ended: nobody but the Collector's disk knows of the events.
    whole.collector.kill()
    whole.collector.restart()
    assert shipped(whole.inspector) == []
    whole.bridge.start()
    assert _all_of(recorded, whole)
