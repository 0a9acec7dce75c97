"""Failures of each component under load: no event is lost, duplicated, or blocked by another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from otel.inspector.running import RunningInspector
from tests.collector.deployment import Deployment, running_deployment
from tests.collector.load import Recorded, loading, shipped
from tests.lifecycle.servers import Server, gunicorn, serving, wait_for
from tests.services.needing import needs_collector

pytestmark = [pytest.mark.slow, needs_collector, pytest.mark.xdist_group("collector")]


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with running_deployment(tmp_path) as deployment:
        yield deployment


@contextmanager
def _host(deployment: Deployment, folder: Path) -> Iterator[Server]:
    """Run the host project; when the block ends, the Collector has every event that it recorded."""
    with serving(gunicorn("--threads", "4"), deployment.environment(), folder) as server:
        yield server
        server.stop()
        assert "lost" not in server.log()


def _all_of(recorded: Recorded, deployment: Deployment) -> bool:
    """Wait for the recorded events, and assert that exactly these have arrived."""
    deployment.arrived(len(recorded))
    assert shipped(deployment.inspector) == sorted(recorded)
    return True


def _requests(inspector: RunningInspector, count: int) -> None:
    """Wait until the inspector has received that many more requests."""
    before = len(inspector.requests())
    wait_for(lambda: len(inspector.requests()) >= before + count)


def test_events_wait_while_posthog_is_busy_away_or_silent_and_then_arrive_once(
    deployment: Deployment, tmp_path: Path
) -> None:
    with _host(deployment, tmp_path) as server, loading(server) as recorded:
        for failure in (
            {"status": 503, "count": 2},
            {"status": 429, "count": 2, "retry_after": 1},
            {"drop": True, "count": 2},
            {"lose_answer": True, "count": 2},
            {"status": 500},
        ):
            deployment.inspector.fail(**failure)
        _requests(deployment.inspector, 9)
    assert _all_of(recorded, deployment)
    # Requests whose response was lost are repeated, after the Collector's current backoff delay.
    wait_for(lambda: deployment.inspector.all()["duplicates"] > 0)


def test_a_bridge_that_is_killed_under_load_loses_and_duplicates_nothing(
    deployment: Deployment, tmp_path: Path
) -> None:
    with _host(deployment, tmp_path) as server, loading(server) as recorded:
        for _ in range(3):
            _requests(deployment.inspector, 1)
            deployment.inspector.fail(delay=0.5, count=2)
            wait_for(lambda: deployment.bridge.metric("posthog_bridge_requests_in_flight") > 0)
            deployment.bridge.kill()
            deployment.bridge.start()
    assert _all_of(recorded, deployment)


def test_a_collector_that_is_killed_under_load_loses_and_duplicates_nothing(
    deployment: Deployment, tmp_path: Path
) -> None:
    with _host(deployment, tmp_path) as server, loading(server) as recorded:
        for _ in range(2):
            _requests(deployment.inspector, 1)
            deployment.collector.kill()
            deployment.collector.restart()
    assert _all_of(recorded, deployment)


def test_a_restarted_collector_delivers_what_it_had_received_before_it_was_killed(
    deployment: Deployment, tmp_path: Path
) -> None:
    deployment.bridge.kill()
    with _host(deployment, tmp_path) as server, loading(server) as recorded:
        pass
    # The program has ended: the events exist only on the Collector's disk.
    deployment.collector.kill()
    deployment.collector.restart()
    assert shipped(deployment.inspector) == []
    deployment.bridge.start()
    assert _all_of(recorded, deployment)
