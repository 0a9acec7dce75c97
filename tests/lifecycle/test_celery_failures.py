"""Whatever ends a task, in its own process or with it: one error, as it was raised, about its sender."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from otel.inspector.running import RunningInspector, running_inspector
from tests.lifecycle.servers import (
    celery_worker,
    environment,
    gunicorn,
    running,
    serving,
    stop_celery,
    traceparent,
    wait_for,
)
from tests.lifecycle.tasks import TASKS, Errors
from tests.services.needing import needs_services
from tests.services.redis import running_redis

# On one worker: the tests share a fixture that takes long to set up.
pytestmark = [needs_services, pytest.mark.xdist_group("celery-failures")]


@pytest.fixture(scope="module")
def captures(database: str, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Send each task to a worker whose logs are sent as well, and a good one; return the captures."""
    folder = tmp_path_factory.mktemp("celery")
    with running_inspector() as inspector, running_redis() as broker:
        env = environment(inspector.url, HOST_DATABASE=database, HOST_BROKER=broker, HOST_LOGS="on")
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        command = celery_worker("--concurrency", "1", "--pool", "prefork", *quiet)
        with serving(gunicorn(), env, folder) as server, running(command, env, folder) as worker:
            wait_for(lambda: " ready." in worker.log())
            cookie = {"Cookie": server.get("/sign_in/?as=anna").cookie}
            for task in TASKS:
                path = f"/run_task/?task={task}"
                assert server.get(path, cookie | traceparent(_trace_id(task))).body == b"sent"
            server.get("/run_task/?task=ship_later&number=99", cookie)
            wait_for(
                lambda: 99 in [one["properties"]["number"] for one in inspector.good("parcel_shipped")], 90
            )
            stop_celery(worker, broker)
            server.stop()
        return inspector.good()


def _trace_id(task: str) -> str:
    return f"{list(TASKS).index(task) + 1:032x}"


def _of(captures: list[dict[str, Any]], task: str, event: str) -> list[dict[str, Any]]:
    return [
        one for one in captures if one["event"] == event and one["properties"]["$trace_id"] == _trace_id(task)
    ]


@pytest.mark.parametrize("task", TASKS)
def test_a_task_that_fails_is_one_error_as_it_was_raised(task: str, captures: list[dict[str, Any]]) -> None:
    found: Errors = []
    for one in _of(captures, task, "$exception"):
        listed = one["properties"]["$exception_list"]
        frames = listed[0].get("stacktrace", {}).get("frames", [])
        raised_in = [frame["function"] for frame in frames if frame["in_app"]]
        types = [exception["type"] for exception in listed]
        found.append((types, one["properties"]["handled"], raised_in[-1] if raised_in else ""))
    assert sorted(found) == TASKS[task].errors


@pytest.mark.parametrize("task", TASKS)
def test_each_error_is_about_the_sender_and_names_the_task(task: str, captures: list[dict[str, Any]]) -> None:
    found = _of(captures, task, "host_failed")
    assert len(found) == len(TASKS[task].errors)
    for one in found:
        assert one["distinct_id"] == "person-anna"
        assert one["properties"]["team_slug"] == "rockets"
        assert one["properties"]["task_name"] == f"tests.host.tasks.{task}"


def test_no_error_stands_outside_the_tasks(captures: list[dict[str, Any]]) -> None:
    traces = {_trace_id(task) for task in TASKS}
    errors = [one for one in captures if one["event"] in ("$exception", "host_failed")]
    assert [one for one in errors if one["properties"]["$trace_id"] not in traces] == []


@pytest.mark.parametrize(("task", "number"), [("leave", 7), ("be_cancelled", 8)])
def test_what_a_task_records_before_it_breaks_off_arrives(
    task: str, number: int, captures: list[dict[str, Any]]
) -> None:
    assert [one["properties"]["number"] for one in _of(captures, task, "parcel_shipped")] == [number]


@pytest.mark.parametrize("pool", ["threads", "solo"])
def test_a_task_that_exits_in_the_workers_own_process_is_one_error(
    pool: str, inspector: RunningInspector, database: str, tmp_path: Path
) -> None:
    with running_redis() as broker:
        env = environment(inspector.url, HOST_DATABASE=database, HOST_BROKER=broker)
        command = celery_worker("--concurrency", "1", "--pool", pool)
        with serving(gunicorn(), env, tmp_path) as server, running(command, env, tmp_path) as worker:
            wait_for(lambda: " ready." in worker.log())
            cookie = {"Cookie": server.get("/sign_in/?as=anna").cookie}
            assert server.get("/run_task/?task=leave", cookie).body == b"sent"
            wait_for(lambda: inspector.good("$exception"))
            worker.stop()
    (error,) = inspector.good("$exception")
    (listed,) = error["properties"]["$exception_list"]
    assert (listed["type"], listed["stacktrace"]["frames"][-1]["function"]) == ("SystemExit", "leave")
    assert (error["distinct_id"], error["properties"]["handled"]) == ("person-anna", False)
    assert 7 in [one["properties"]["number"] for one in inspector.good("parcel_shipped")]
