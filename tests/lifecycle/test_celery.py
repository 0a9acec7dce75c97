from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from otel.inspector.running import RunningInspector, running_inspector
from tests.lifecycle.bridging import bridging
from tests.lifecycle.servers import (
    Process,
    Server,
    celery_worker,
    environment,
    gunicorn,
    running,
    serving,
    stop_celery,
    traceparent,
    wait_for,
)
from tests.services.needing import needs_services
from tests.services.redis import running_redis

# On one worker: the tests share a fixture that takes long to set up.
pytestmark = [needs_services, pytest.mark.xdist_group("celery")]

_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

_RECYCLED = ("--pool", "prefork", "--max-tasks-per-child", "1")
# Celery may notice the end of a child only after five seconds, and only then starts the next one.
_NEXT_CHILD_S = 10


@contextmanager
def _working(env: dict[str, str], folder: Path, *pool: str) -> Iterator[Process]:
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    command = celery_worker("--concurrency", "1", *quiet, *pool)
    with running(command, env, folder) as worker:
        wait_for(lambda: " ready." in worker.log())
        yield worker


def _environment(posthog: str | None, database: str, broker: str, **more: str) -> dict[str, str]:
    # Only a flush delivers events during a test.
    late = {"OTEL_BSP_SCHEDULE_DELAY": "60000"}
    return environment(posthog, HOST_DATABASE=database, HOST_BROKER=broker, **late, **more)


@pytest.fixture
def broker() -> Iterator[str]:
    with running_redis() as broker:
        yield broker


def _send(server: Server, task: str, *numbers: int, person: str | None = "anna") -> None:
    signed_in = {} if person is None else {"Cookie": server.get(f"/sign_in/?as={person}").cookie}
    query = "".join(f"&number={number}" for number in numbers)
    answer = server.get(f"/run_task/?task={task}{query}", signed_in | traceparent(_TRACE))
    assert answer.body == b"sent"


@pytest.fixture(scope="module")
def captures(database: str, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Send tasks of each kind to a worker whose children end after each task; return the captures."""
    folder = tmp_path_factory.mktemp("celery")
    with running_inspector() as inspector, running_redis() as broker:
        env = _environment(inspector.url, database, broker)
        with (
            serving(gunicorn(), env, folder) as server,
            _working(env, folder, *_RECYCLED) as worker,
        ):
            _send(server, "fail_as_expected")
            _send(server, "ship_later", 9, person="shy-ben")
            for number in (1, 2, 3):
                _send(server, "ship_later", number)
            _send(server, "ship_plainly_later")
            _send(server, "ship_later", 6, person=None)
            _send(server, "fail_later")
            _send(server, "handle_later")
            _send(server, "retry_later")
            wait_for(lambda: len(_ended(worker)) == 10, 10 * _NEXT_CHILD_S)
            stop_celery(worker, broker)
            server.stop()
        return [one for one in inspector.good() if one["properties"]["$trace_id"] == _TRACE]


def _ended(worker: Process) -> list[str]:
    words = (" succeeded in ", " raised ")
    return [
        line
        for line in worker.log().splitlines()
        if "Task tests.host" in line and any(w in line for w in words)
    ]


def test_each_event_of_a_child_that_ends_after_its_task_arrives(captures: list[dict[str, Any]]) -> None:
    numbers = [one["properties"]["number"] for one in captures if one["event"] == "parcel_shipped"]
    assert Counter(numbers) == {1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1}


def test_a_task_is_about_the_same_person_as_the_request(captures: list[dict[str, Any]]) -> None:
    shipped = {one["properties"]["number"]: one for one in captures if one["event"] == "parcel_shipped"}
    of_nobody = shipped.pop(6)
    assert {one["distinct_id"] for one in shipped.values()} == {"person-anna"}
    assert [one["properties"]["$groups"] for one in shipped.values()] == [{"team": "team-1"}] * 5
    assert of_nobody["properties"]["$process_person_profile"] is False


def test_errors_of_tasks_are_sent_once_with_their_task(captures: list[dict[str, Any]]) -> None:
    errors = [one for one in captures if one["event"] != "parcel_shipped"]
    told = Counter(
        (one["event"], properties["task_name"], properties["error_type"], properties["handled"])
        for one in errors
        for properties in [one["properties"]]
    )
    failed = ("tests.host.tasks.fail_later", "ValueError", False)
    handled = ("tests.host.tasks.handle_later", "ValueError", True)
    assert told == Counter(
        (event, *error) for event in ("$exception", "host_failed") for error in (failed, handled)
    )
    assert {one["distinct_id"] for one in errors} == {"person-anna"}


def test_an_error_of_a_task_names_the_senders_team_and_what_caught_it(
    captures: list[dict[str, Any]],
) -> None:
    occurred = [one["properties"] for one in captures if one["event"] == "host_failed"]
    assert [(one["team_slug"], one["$groups"]) for one in occurred] == [("rockets", {"team": "team-1"})] * 2
    issues = [one["properties"] for one in captures if one["event"] == "$exception"]
    caught = {
        (one["$exception_list"][0]["mechanism"]["type"], one.get("$exception_source"), one["handled"])
        for one in issues
    }
    assert caught == {("task", "celery.task_failure", False), ("generic", None, True)}


def test_an_error_of_a_task_has_the_frames_of_the_place_where_it_was_raised(
    captures: list[dict[str, Any]],
) -> None:
    for one in captures:
        if one["event"] == "$exception":
            innermost = one["properties"]["$exception_list"][0]["stacktrace"]["frames"][-1]
            assert innermost["filename"] == "tests/host/tasks.py"
            assert innermost["function"] in ("fail_later", "handle_later")


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])
def test_an_event_recorded_just_before_a_worker_stops_arrives(
    pool: str, inspector: RunningInspector, database: str, broker: str, tmp_path: Path
) -> None:
    env = _environment(inspector.url, database, broker)
    with serving(gunicorn(), env, tmp_path) as server, _working(env, tmp_path, "--pool", pool) as worker:
        _send(server, "ship_later", 8, person=None)
        wait_for(lambda: _ended(worker))
        stop_celery(worker, broker)
    assert [one["properties"]["number"] for one in inspector.good("parcel_shipped")] == [8]


@pytest.mark.parametrize(
    ("via", "carrier"), [("posthog", "log"), ("collector", "span"), ("collector", "log")]
)
def test_events_of_a_child_that_ends_after_its_task_arrive_once_by_every_route(
    via: str, carrier: str, inspector: RunningInspector, database: str, broker: str, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        way = {"POSTHOG_VIA": via, "POSTHOG_CARRIER": carrier, "OTEL_TRACES_SAMPLER": "always_off"}
        if via == "collector":
            way["OTEL_EXPORTER_OTLP_ENDPOINT"] = stack.enter_context(bridging(inspector.url, tmp_path))
        env = _environment(inspector.url if via == "posthog" else None, database, broker, **way)
        server = stack.enter_context(serving(gunicorn(), env, tmp_path))
        worker = stack.enter_context(_working(env, tmp_path, *_RECYCLED))
        for number in (1, 2):
            _send(server, "ship_later", number)
        _send(server, "fail_later")
        wait_for(lambda: len(_ended(worker)) == 3, 3 * _NEXT_CHILD_S)
        stop_celery(worker, broker)
        server.stop()
    arrived = sorted(
        (one["event"], one["deliveries"], one["distinct_id"])
        for one in inspector.good()
        if one["properties"]["$trace_id"] == _TRACE  # only of the tasks; signing in records an event as well
    )
    events = ("$exception", "host_failed", "parcel_shipped", "parcel_shipped")
    assert arrived == [(event, 1, "person-anna") for event in events]
