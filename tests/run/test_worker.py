"""Tasks in a real Celery worker with Redis and PostgreSQL: stopping the worker loses nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from otel.inspector.running import running_inspector
from tests.lifecycle.servers import BIN, Process, environment, run, running, wait_for
from tests.services.needing import needs_services
from tests.services.postgresql import running_postgresql
from tests.services.redis import running_redis
from tformance.sandbox.running import running_sandbox

pytestmark = [pytest.mark.slow, needs_services]

# The number of repositories, and therefore of syncs; the second worker finishes the rest.
_REPOSITORIES = 4
_FINISHED = "finished_at IS NOT NULL"

# Seconds that the first task lasts at least, so that the signal arrives in the middle of it.
_DELAY = 2


@contextmanager
def _working(env: dict[str, str], folder: Path) -> Iterator[Process]:
    command: list[str | Path] = [
        BIN / "celery",
        "--app",
        "tformance",
        "worker",
        "--concurrency",
        "1",
        "--loglevel",
        "INFO",
    ]
    with running(command, env, folder) as worker:
        yield worker


def test_a_worker_that_is_stopped_mid_task_loses_no_event_and_another_worker_finishes(tmp_path: Path) -> None:
    with ExitStack() as stack:
        inspector = stack.enter_context(running_inspector())
        sandbox = stack.enter_context(running_sandbox())
        url, broker = (stack.enter_context(one()) for one in (running_postgresql, running_redis))
        env = environment(
            inspector.url,
            **sandbox.environ(),
            DJANGO_SETTINGS_MODULE="tformance.settings",
            DATABASE_URL=url,
            CELERY_BROKER_URL=broker,
            OTEL_BSP_SCHEDULE_DELAY="60000",  # only a flush delivers events during a test
        )
        for command in (["manage.py", "migrate"], ["-m", "tests.run.requesting", sandbox.url]):
            done = run([sys.executable, *command], env)
            assert done.returncode == 0, done.stderr
        sandbox.fail("github", "timeout", path="graphql", seconds=_DELAY)
        with _working(env, tmp_path) as first:
            # GitHub's delay keeps the task running while the worker is told to stop. Between two tasks,
            # Celery 5.7 can wait forever for the one that it has not yet handed to its child process.
            wait_for(lambda: any(one["path"].endswith("/graphql") for one in sandbox.requests()))
            first.stop()
        assert _syncs(url, _FINISHED) < _REPOSITORIES
        with _working(env, tmp_path) as second:
            wait_for(lambda: _syncs(url, _FINISHED) == _REPOSITORIES)
            second.stop()
        started, ended = (inspector.good(f"repo_sync_{what}") for what in ("started", "completed"))
    assert (len(started), len(ended)) == (_REPOSITORIES, _REPOSITORIES)
    assert {one["properties"]["outcome"] for one in ended} == {"success"}
    assert {one["properties"]["$groups"]["team"] for one in ended} == {
        one["properties"]["$groups"]["team"] for one in started
    }


def _syncs(url: str, condition: LiteralString) -> int:
    with psycopg.connect(url) as connection:
        (count,) = connection.execute(
            f"SELECT count(*) FROM integrations_syncrun WHERE {condition}"
        ).fetchone() or (0,)
        return int(count)
