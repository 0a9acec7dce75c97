"""Tasks of Django's own framework: about the person and team whose request enqueued them."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from otel.inspector.running import running_inspector
from tests.lifecycle.servers import Server, environment, gunicorn, run, serving, traceparent

pytestmark = pytest.mark.xdist_group("django-tasks")

# For each task, the number of its event, and the type of its error.
_TASKS = {
    "ship": (31, None),
    "ship_async": (32, None),
    "fail": (33, "ValueError"),
    "leave": (34, "SystemExit"),
}
_BACKENDS = ("default", "immediate")
_CASES = [(backend, task) for backend in _BACKENDS for task in _TASKS]


@pytest.fixture(scope="module")
def captures(database: str, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Enqueue each task for a worker, and run it at once; return the captures."""
    folder = tmp_path_factory.mktemp("tasks")
    with running_inspector() as inspector:
        env = environment(inspector.url, HOST_DATABASE=database)
        with serving(gunicorn(), env, folder) as server:
            cookie = {"Cookie": server.get("/sign_in/?as=anna").cookie}
            for backend, task in _CASES:
                _enqueue(server, backend, task, cookie)
            server.stop()
        worker = run([sys.executable, "-m", "django", "db_worker", "--batch", "--no-startup-delay"], env)
        assert worker.returncode == 0, worker.stderr
        return inspector.good()


def _enqueue(server: Server, backend: str, task: str, cookie: dict[str, str]) -> None:
    number, _ = _TASKS[task]
    path = f"/enqueue/?task={task}&backend={backend}&number={number}"
    answer = server.get(path, cookie | traceparent(_trace_id(backend, task)))
    assert answer.body.decode() == str({"number": number})  # only its own arguments


def _trace_id(backend: str, task: str) -> str:
    return f"{_CASES.index((backend, task)) + 1:032x}"


@pytest.mark.parametrize(("backend", "task"), _CASES)
def test_a_task_is_about_the_person_whose_request_enqueued_it(
    backend: str, task: str, captures: list[dict[str, Any]]
) -> None:
    number, error_type = _TASKS[task]
    of_task = [one for one in captures if one["properties"]["$trace_id"] == _trace_id(backend, task)]
    (event,) = [one for one in of_task if one["event"] == "parcel_shipped"]
    assert event["properties"]["number"] == number
    errors = [one for one in of_task if one["event"] != "parcel_shipped"]
    assert [one["event"] for one in errors] == (["$exception", "host_failed"] if error_type else [])
    for error in errors:
        assert error["properties"]["error_type"] == error_type
        assert error["properties"]["handled"] is False
        assert error["properties"]["task_name"] == f"tests.host.django_tasks.{task}"
    for one in of_task:
        assert one["distinct_id"] == "person-anna"
        assert one["properties"]["$groups"] == {"team": "team-1"}
