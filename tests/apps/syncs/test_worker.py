"""Without a broker, each server process runs its tasks itself; these tests start real servers."""

from __future__ import annotations

import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup

from otel.inspector.running import RunningInspector, running_inspector
from tests.apps.conftest import PASSWORD
from tests.apps.syncs.seeing import ENGINE, LOOM, cursors
from tests.lifecycle.servers import BIN, Server, environment, gunicorn, run, serving, wait_for
from tformance.sandbox.running import RunningSandbox

pytestmark = pytest.mark.slow

UVICORN: list[str | Path] = [
    BIN / "uvicorn",
    "--host",
    "127.0.0.1",
    "--port",
    "0",
    "tformance.asgi:application",
]
SERVERS: dict[str, list[str | Path]] = {
    "uvicorn": UVICORN,
    "runserver": [sys.executable, "-m", "django", "runserver", "--noreload", "127.0.0.1:0"],
    "gunicorn": gunicorn("--workers", "2", application="tformance.wsgi"),
    "gunicorn that forks late": gunicorn("--workers", "2", "--preload", application="tformance.wsgi"),
}


class Product:
    """Alice's browser at a running product."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._url = f"http://127.0.0.1:{server.port}"
        self._session = requests.Session()
        self._post("/accounts/login/", login="alice@acme.example", password=PASSWORD)

    def _post(self, path: str, page: str | None = None, **form: str) -> None:
        shown = self._session.get(f"{self._url}{page or path}", timeout=30)
        token = BeautifulSoup(shown.content, "html.parser").select_one("[name=csrfmiddlewaretoken]")
        assert token is not None, shown.text
        answer = self._session.post(
            f"{self._url}{path}", {**form, "csrfmiddlewaretoken": str(token["value"])}, timeout=30
        )
        answer.raise_for_status()

    def sync(self, name: str) -> None:
        """Press the sync button of a repository."""
        row = self._rows()[name]
        form = row.find("form")
        assert form is not None
        self._post(str(form["action"]), "/integrations/progress/")

    def state(self, name: str) -> str:
        """Return the text in a repository's row of the page."""
        return str(self._rows()[name].get_text(" ", strip=True))

    def _rows(self) -> dict[str, Any]:
        shown = self._session.get(f"{self._url}/integrations/progress/", timeout=30)
        body = BeautifulSoup(shown.content, "html.parser").select("tbody tr")
        return {row.select("th")[0].get_text(): row for row in body}


@pytest.fixture
def inspector() -> Iterator[RunningInspector]:
    with running_inspector() as inspector:
        yield inspector


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "product.sqlite3"


@pytest.fixture
def env(sandbox: RunningSandbox, inspector: RunningInspector, database: Path) -> dict[str, str]:
    ours = {
        "DJANGO_SETTINGS_MODULE": "tformance.settings",
        "SQLITE_PATH": str(database),
        # Override the database and broker of the test run.
        "DATABASE_URL": "",
        "CELERY_BROKER_URL": "",
    }
    env = environment(inspector.url, **ours, **sandbox.environ())
    command: list[str | Path] = [sys.executable, "-m", "tests.apps.syncs.programs.prepare"]
    prepared = run([*command, sandbox.url, PASSWORD], env)
    assert prepared.returncode == 0, prepared.stderr
    return env


@contextmanager
def _product(env: dict[str, str], folder: Path, kind: str = "uvicorn") -> Iterator[Product]:
    with serving(SERVERS[kind], env, folder) as server:
        yield Product(server)


def _runs(database: Path) -> list[tuple[int, str, int]]:
    """Return the id, outcome and number of synced pull requests of each run."""
    with closing(sqlite3.connect(database)) as opened:
        return list(
            opened.execute("SELECT id, outcome, prs_synced FROM integrations_syncrun ORDER BY started_at")
        )


def _execute(database: Path, sql: str) -> None:
    with closing(sqlite3.connect(database)) as opened, opened:
        opened.execute(sql)


def _end(kind: str) -> signal.Signals:
    # The development server stops only on Ctrl-C.
    return signal.SIGINT if kind == "runserver" else signal.SIGTERM


@pytest.mark.parametrize("kind", SERVERS)
def test_a_server_process_runs_its_tasks_and_stops_on_a_signal(
    env: dict[str, str],
    sandbox: RunningSandbox,
    inspector: RunningInspector,
    tmp_path: Path,
    kind: str,
) -> None:
    with _product(env, tmp_path, kind) as product:
        for name in (ENGINE, LOOM):
            product.sync(name)
        wait_for(lambda: all("Up to date" in product.state(name) for name in (ENGINE, LOOM)))
        assert product.server.stop(_end(kind)) < 10

    for name in ("repo_sync_started", "repo_sync_completed"):
        assert len(inspector.good(name)) == 2
    started = {one["properties"]["$trace_id"]: one for one in inspector.good("repo_sync_started")}
    for completed in inspector.good("repo_sync_completed"):
        asked = started[completed["properties"]["$trace_id"]]
        assert completed["distinct_id"] == asked["distinct_id"]
        assert completed["properties"]["$groups"] == asked["properties"]["$groups"]
        assert completed["properties"]["outcome"] == "success"
    total = sum(one["properties"]["prs_synced"] for one in inspector.good("repo_sync_completed"))
    assert total == sum(len(sandbox.pull_requests(name)) for name in (ENGINE, LOOM))


def test_a_killed_sync_resumes_after_its_last_page(
    env: dict[str, str], sandbox: RunningSandbox, inspector: RunningInspector, tmp_path: Path, database: Path
) -> None:
    sandbox.fail("github", "timeout", path="graphql", count=3, seconds=0.01)
    sandbox.fail("github", "timeout", path="graphql", seconds=25)
    with _product(env, tmp_path) as product:
        product.sync(ENGINE)
        wait_for(lambda: inspector.good("repo_sync_started"))
        wait_for(lambda: len([one for one in sandbox.requests() if one["path"].endswith("/graphql")]) == 4)
        product.server.stop(signal.SIGKILL)
    ((number, outcome, done),) = _runs(database)
    assert outcome == ""
    assert 0 < done < len(sandbox.pull_requests(ENGINE))
    sandbox.release()
    asked = len(cursors(sandbox))

    _execute(database, "UPDATE integrations_syncrun SET seen_at = datetime(seen_at, '-1 hour')")
    with _product(env, tmp_path) as product:
        assert "was broken off" in product.state(ENGINE)
        product.sync(ENGINE)
        wait_for(lambda: "Up to date" in product.state(ENGINE))
        product.server.stop()

    assert cursors(sandbox)[asked] is not None
    assert _runs(database) == [(number, "success", len(sandbox.pull_requests(ENGINE)))]
    assert len(inspector.good("repo_sync_started")) == len(inspector.good("repo_sync_completed")) == 1


def test_while_one_sync_waits_for_a_rate_limit_the_worker_runs_another(
    env: dict[str, str], sandbox: RunningSandbox, tmp_path: Path, database: Path
) -> None:
    sandbox.fail("github", "rate_limit", path="graphql", seconds=4)
    with _product(env, tmp_path) as product:
        product.sync(ENGINE)
        wait_for(lambda: "goes on at" in product.state(ENGINE))
        product.sync(LOOM)
        wait_for(lambda: "Up to date" in product.state(LOOM))
        assert "goes on at" in product.state(ENGINE)
        wait_for(lambda: "Up to date" in product.state(ENGINE))
    assert [outcome for _, outcome, _ in _runs(database)] == ["success", "success"]


@pytest.mark.parametrize("kind", SERVERS)
def test_a_running_task_does_not_keep_a_process_from_stopping(
    env: dict[str, str], sandbox: RunningSandbox, tmp_path: Path, kind: str
) -> None:
    sandbox.fail("github", "timeout", path="graphql", seconds=25)
    with _product(env, tmp_path, kind) as product:
        product.sync(ENGINE)
        wait_for(lambda: any(one["failure"] == "timeout" for one in sandbox.requests()))
        # Far less than GitHub's answer takes, and more than a loaded machine needs to stop a process.
        assert product.server.stop(_end(kind)) < 15
    sandbox.release()


def test_an_error_in_a_task_has_the_tasks_name_and_the_person_who_requested_it(
    env: dict[str, str], inspector: RunningInspector, tmp_path: Path, database: Path
) -> None:
    _execute(
        database,
        "CREATE TRIGGER broken BEFORE INSERT ON metrics_pullrequest "
        "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    )
    with _product(env, tmp_path) as product:
        product.sync(ENGINE)
        wait_for(lambda: "we have been told" in product.state(ENGINE))
        product.server.stop()

    (error,) = inspector.good("error_occurred")
    (started,) = inspector.good("repo_sync_started")
    assert error["properties"]["task_name"] == "apps.integrations.tasks.sync_repository"
    assert error["properties"]["error_type"] == "IntegrityError"
    assert error["distinct_id"] == started["distinct_id"]
    assert len(inspector.good("$exception")) == 1
    (completed,) = inspector.good("repo_sync_completed")
    assert completed["properties"]["error_type"] == "IntegrityError"
