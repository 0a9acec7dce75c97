"""Processes that are killed at any moment: the next process delivers each recorded event once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from otel.inspector.running import RunningInspector
from tests.lifecycle.servers import (
    Process,
    celery_worker,
    environment,
    gunicorn,
    run,
    running,
    serving,
    wait_for,
)
from tests.otel.journal.journaling import NOWHERE, files, numbers
from tests.services.needing import needs_services
from tests.services.redis import running_redis

pytestmark = pytest.mark.slow

_SHIPPING = [sys.executable, "-m", "tests.otel.journal.programs.shipping"]
_DELIVERING = [sys.executable, "-m", "tests.otel.journal.programs.delivering"]


def _env(url: str, folder: Path, **more: str) -> dict[str, str]:
    return environment(url, **{"POSTHOG_JOURNAL": str(folder), "POSTHOG_FLUSH_TIMEOUT": "1", **more})


def _shipped(side: Path) -> set[int]:
    text = side.read_text() if side.exists() else ""
    return {int(number) for number in text.splitlines()}


def _has_begun(side: Path, first: int) -> bool:
    return any(number >= first for number in _shipped(side))


def _deliver(url: str, folder: Path) -> None:
    ended = run(_DELIVERING, _env(url, folder))
    assert ended.returncode == 0, ended.stderr
    assert "left 0" in ended.stdout, (ended.stdout, ended.stderr, files(folder))


def _check_arrived(inspector: RunningInspector, expected: set[int]) -> None:
    """Check that each expected event arrived once.

    The last event before a kill may be missing from the side file: the journal writes first.
    """
    found = numbers(inspector)
    assert expected <= set(found), sorted(expected - set(found))
    assert set(found.values()) == {1}
    assert len(set(found) - expected) <= 2


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("is_away", [False, True], ids=["PostHog answers", "PostHog is away"])
def test_events_recorded_before_a_kill_arrive_once(
    seed: int, is_away: bool, inspector: RunningInspector, folder: Path, tmp_path: Path
) -> None:
    side = tmp_path / "side"
    env = _env(NOWHERE if is_away else inspector.url, folder, OTEL_BSP_SCHEDULE_DELAY="50")
    moments = random.Random(seed)
    for generation in range(2):
        first = generation * 10_000
        with running([*_SHIPPING, str(side), str(first), "-1"], env, tmp_path) as process:
            wait_for(partial(_has_begun, side, first))
            time.sleep(moments.uniform(0, 0.8))
            process.stop(signal.SIGKILL)
    expected = _shipped(side)
    _deliver(inspector.url, folder)
    _check_arrived(inspector, expected)


def test_a_process_that_runs_for_less_than_a_second_also_delivers_orphans(
    inspector: RunningInspector, folder: Path, tmp_path: Path
) -> None:
    side = tmp_path / "side"
    run([*_SHIPPING, str(side), "0", "20"], _env(NOWHERE, folder))
    assert len(files(folder)) == 1
    run([*_SHIPPING, str(side), "20", "1"], _env(inspector.url, folder, POSTHOG_FLUSH_TIMEOUT="10"))
    assert numbers(inspector) == Counter(range(21))
    assert files(folder) == []


def test_two_processes_that_start_together_deliver_each_orphan_once(
    inspector: RunningInspector, folder: Path, tmp_path: Path
) -> None:
    side = tmp_path / "side"
    for first in range(0, 60, 20):
        run([*_SHIPPING, str(side), str(first), "20"], _env(NOWHERE, folder))
    assert len(files(folder)) == 3
    env = _env(inspector.url, folder)
    with running(_DELIVERING, env, tmp_path) as one, running(_DELIVERING, env, tmp_path) as other:
        wait_for(lambda: not one.is_running() and not other.is_running())
    assert numbers(inspector) == Counter(range(60))
    assert inspector.all()["duplicates"] == 0
    assert files(folder) == []


def test_a_living_parent_delivers_the_events_of_its_killed_child(
    inspector: RunningInspector, folder: Path, tmp_path: Path
) -> None:
    side = tmp_path / "side"
    env = _env(inspector.url, folder, OTEL_BSP_SCHEDULE_DELAY="60000")
    of_parent = {*range(5), *range(1_000_000, 1_000_003)}
    of_child = set(range(500_000, 500_005))
    with running([*_SHIPPING, str(side), "0", "5", "fork"], env, tmp_path) as parent:
        wait_for(lambda: _shipped(side) == of_parent | of_child)
        assert len(files(folder)) == 2
        (child,) = _children(parent)
        os.kill(child, signal.SIGKILL)
        wait_for(lambda: len(files(folder)) == 1)
        assert numbers(inspector) == Counter(of_child)
        parent.stop(signal.SIGKILL)
    _deliver(inspector.url, folder)
    assert numbers(inspector) == Counter(of_parent | of_child)


def test_a_living_child_delivers_the_events_of_its_killed_parent(
    inspector: RunningInspector, folder: Path, tmp_path: Path
) -> None:
    side = tmp_path / "side"
    env = _env(inspector.url, folder, OTEL_BSP_SCHEDULE_DELAY="60000")
    with running([*_SHIPPING, str(side), "0", "5", "fork"], env, tmp_path) as parent:
        wait_for(lambda: len(_shipped(side)) == 13)
        os.kill(parent.pid, signal.SIGKILL)
        wait_for(lambda: len(files(folder)) == 1)
        assert numbers(inspector) == Counter({*range(5), *range(1_000_000, 1_000_003)})


def test_a_full_disk_loses_nothing(inspector: RunningInspector, folder: Path, tmp_path: Path) -> None:
    side = tmp_path / "side"
    env = _env(inspector.url, folder, POSTHOG_FLUSH_TIMEOUT="20", OTEL_BSP_SCHEDULE_DELAY="60000")
    ended = run([*_SHIPPING, str(side), "0", "300", "small"], env)
    assert ended.returncode == 0, ended.stderr
    assert "cannot be written" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert numbers(inspector) == Counter(range(300))
    assert files(folder) == []


@pytest.mark.parametrize("options", [(), ("--preload",)], ids=["forked", "preloaded"])
def test_the_next_server_delivers_the_events_of_a_killed_one(
    options: tuple[str, ...], inspector: RunningInspector, folder: Path, tmp_path: Path
) -> None:
    database = str(tmp_path / "host.sqlite3")
    migrated = run([sys.executable, "-m", "django", "migrate"], environment(None, HOST_DATABASE=database))
    assert migrated.returncode == 0, migrated.stderr
    env = _env(inspector.url, folder, HOST_DATABASE=database, OTEL_BSP_SCHEDULE_DELAY="60000")
    command = gunicorn("--workers", "2", *options)
    with serving(command, env, tmp_path) as server:
        assert server.get("/ship/?count=3").status == 200
        os.killpg(server.pid, signal.SIGKILL)
    assert inspector.good() == []
    with serving(command, env, tmp_path) as server:
        wait_for(lambda: len(inspector.good("parcel_shipped")) >= 3)
        server.stop()
    assert numbers(inspector) == Counter(range(3))
    assert files(folder) == []


@pytest.fixture
def broker() -> Iterator[str]:
    with running_redis() as broker:
        yield broker


@needs_services
def test_the_next_celery_worker_delivers_the_events_of_a_killed_one(
    broker: str, inspector: RunningInspector, folder: Path, tmp_path: Path
) -> None:
    database = {"HOST_DATABASE": str(tmp_path / "host.sqlite3")}
    migrated = run([sys.executable, "-m", "django", "migrate"], environment(None, **database))
    assert migrated.returncode == 0, migrated.stderr
    env = _env(inspector.url, folder, OTEL_BSP_SCHEDULE_DELAY="60000", HOST_BROKER=broker, **database)
    worker = celery_worker("--concurrency", "2")
    with serving(gunicorn(), env, tmp_path) as server, running(worker, env, tmp_path) as first:
        wait_for(lambda: " ready." in first.log())
        server.get("/run_task/?task=ship_later&number=8")
        wait_for(lambda: " succeeded in " in first.log())
        os.killpg(first.pid, signal.SIGKILL)
        server.stop()
    found = numbers(inspector)
    assert not found or found == Counter([8])  # the server may have adopted it already
    with running(worker, env, tmp_path) as second:
        wait_for(lambda: numbers(inspector) == Counter([8]))
        wait_for(lambda: len(files(folder)) == 0)
        second.stop()
    assert files(folder) == []


def _children(process: Process) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True
    )
    return [int(pid) for pid in listed.stdout.split()]
