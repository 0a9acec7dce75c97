"""Tasks of Django's own framework: about the person and team whose request enqueued them."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from otel.inspector.running import running_inspector
from tests.lifecycle.servers import Server, environment, gunicorn, run, serving, traceparent

pytestmark = pytest.mark.xdist_group("django-tasks")

# For each task, the numbers of its events, and the type of its error.
_TASKS = {
    "ship": ([31], None),
    "ship_async": ([32], None),
    "fail": ([33], "ValueError"),
    "leave": ([34], "SystemExit"),
    "return_unstorable": ([35], "TypeError"),
    "repeat": ([36, 36], None),
}
_CASES = [(backend, task) for backend in ("default", "immediate") for task in _TASKS]
# It neither stores results, nor takes async functions, nor gives a context.
_CASES += [("function", task) for task in ("ship", "fail", "leave")]


_OF_UUID = f"{99:032x}"


@pytest.fixture(scope="module")
def captures(database: str, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Enqueue each task for a worker, and run it at once; return the captures."""
    folder = tmp_path_factory.mktemp("tasks")
    with running_inspector() as inspector:
        env = environment(inspector.url, HOST_DATABASE=database)
        with serving(gunicorn(), env, folder) as server:
            cookie = {"Cookie": server.get("/sign_in/?as=anna").cookie}
            for backend, task in _CASES:
                _enqueue(server, backend, task, cookie | traceparent(_trace_id(backend, task)))
            cookie = {"Cookie": server.get("/sign_in/?as=uuid-cara").cookie}
            _enqueue(server, "default", "ship", cookie | traceparent(_OF_UUID))
            server.stop()
        worker = run([sys.executable, "-m", "django", "db_worker", "--batch", "--no-startup-delay"], env)
        assert worker.returncode == 0, worker.stderr
        return inspector.good()


def _enqueue(server: Server, backend: str, task: str, headers: dict[str, str]) -> None:
    number = _TASKS[task][0][0]
    answer = server.get(f"/enqueue/?task={task}&backend={backend}&number={number}", headers)
    assert answer.body.decode() == str({"number": number})  # only its own arguments


def _trace_id(backend: str, task: str) -> str:
    return f"{_CASES.index((backend, task)) + 1:032x}"


@pytest.mark.parametrize(("backend", "task"), _CASES)
def test_a_task_is_about_the_person_whose_request_enqueued_it(
    backend: str, task: str, captures: list[dict[str, Any]]
) -> None:
    numbers, error_type = _TASKS[task]
    of_task = [one for one in captures if one["properties"]["$trace_id"] == _trace_id(backend, task)]
    events = [one for one in of_task if one["event"] == "parcel_shipped"]
    assert [one["properties"]["number"] for one in events] == numbers
    errors = [one for one in of_task if one["event"] != "parcel_shipped"]
    assert [one["event"] for one in errors] == (["$exception", "host_failed"] if error_type else [])
    for error in errors:
        assert error["properties"]["error_type"] == error_type
        assert error["properties"]["handled"] is False
        assert error["properties"]["task_name"] == f"tests.host.django_tasks.{task}"
    for one in of_task:
        assert one["distinct_id"] == "person-anna"
        assert one["properties"]["$groups"] == {"team": "team-1"}


def test_a_person_whose_id_is_no_text_can_enqueue_a_task(captures: list[dict[str, Any]]) -> None:
    (event,) = [one for one in captures if one["properties"]["$trace_id"] == _OF_UUID]
    assert event["distinct_id"] == "00000000-0000-0000-0000-000000000007"
