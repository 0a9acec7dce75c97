from __future__ import annotations

import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from otel.inspector.running import RunningInspector
from tests.lifecycle.servers import environment, gunicorn, run, serving, uvicorn, wait_for

# Only a flush delivers events during a test.
_LATE = {"OTEL_BSP_SCHEDULE_DELAY": "60000"}

_UVICORN_WORKER = ("--worker-class", "uvicorn_worker.UvicornWorker")
_ASGI = "tests.host.asgi:application"

_ENDS = {
    "gunicorn": (gunicorn(), signal.SIGTERM),
    "gunicorn, interrupted": (gunicorn(), signal.SIGINT),
    "gunicorn with threads": (gunicorn("--worker-class", "gthread", "--threads", "4"), signal.SIGTERM),
    "gunicorn with preload": (gunicorn("--preload"), signal.SIGTERM),
    "gunicorn with uvicorn's worker": (gunicorn(*_UVICORN_WORKER, application=_ASGI), signal.SIGTERM),
    "gunicorn with uvicorn's worker and preload": (
        gunicorn(*_UVICORN_WORKER, "--preload", application=_ASGI),
        signal.SIGTERM,
    ),
    "uvicorn": (uvicorn(), signal.SIGTERM),
    "uvicorn, interrupted": (uvicorn(), signal.SIGINT),
}

_WITH_TWO_WORKERS = {
    "gunicorn": gunicorn("--workers", "2"),
    "gunicorn with preload": gunicorn("--workers", "2", "--preload"),
    "gunicorn with threads and preload": gunicorn(
        "--workers", "2", "--worker-class", "gthread", "--threads", "2", "--preload"
    ),
    "gunicorn with uvicorn's worker": gunicorn("--workers", "2", *_UVICORN_WORKER, application=_ASGI),
    "uvicorn": uvicorn("--workers", "2"),
}


def _numbers(inspector: RunningInspector) -> Counter[int]:
    return Counter(one["properties"]["number"] for one in inspector.good("parcel_shipped"))


@pytest.mark.parametrize(("command", "sign"), _ENDS.values(), ids=_ENDS)
def test_an_event_recorded_just_before_the_end_arrives(
    command: list[str | Path],
    sign: signal.Signals,
    inspector: RunningInspector,
    database: str,
    tmp_path: Path,
) -> None:
    env = environment(inspector.url, HOST_DATABASE=database, **_LATE)
    with serving(command, env, tmp_path) as server:
        server.get("/ship/?count=3")
        assert inspector.good() == []
        server.stop(sign)
    assert _numbers(inspector) == {0: 1, 1: 1, 2: 1}


@pytest.mark.parametrize("command", _WITH_TWO_WORKERS.values(), ids=_WITH_TWO_WORKERS)
def test_a_request_in_each_forked_worker_arrives(
    command: list[str | Path], inspector: RunningInspector, database: str, tmp_path: Path
) -> None:
    env = environment(inspector.url, HOST_DATABASE=database, **_LATE)
    answered: Counter[int] = Counter()
    with serving(command, env, tmp_path) as server:

        def both_have_answered() -> bool:
            answered[int(server.get("/pid/").body)] += 1
            return len(answered) == 2

        wait_for(both_have_answered)
        server.stop()
    assert _numbers(inspector) == answered


@pytest.mark.parametrize("worker", [(), _UVICORN_WORKER], ids=["sync", "uvicorn's"])
def test_a_recycled_worker_delivers_all_its_events(
    worker: tuple[str, ...], inspector: RunningInspector, database: str, tmp_path: Path
) -> None:
    env = environment(inspector.url, HOST_DATABASE=database, **_LATE)
    command = gunicorn("--max-requests", "3", *worker, application=_ASGI if worker else "tests.host.wsgi")
    answered: Counter[int] = Counter()
    with serving(command, env, tmp_path) as server:

        def three_have_answered() -> bool:
            try:
                answered[int(server.get("/pid/").body)] += 1
            except (
                OSError
            ):  # asked just when a worker closed its socket: it answered nothing, and shipped nothing
                return False
            return len(answered) == 3

        wait_for(three_have_answered)
        server.stop()
    assert _numbers(inspector) == answered


@pytest.mark.parametrize(("end", "status"), [("return", 0), ("exit", 3), ("raise", 1)])
def test_an_event_at_the_end_of_a_management_command_arrives(
    end: str, status: int, inspector: RunningInspector
) -> None:
    env = environment(inspector.url, **_LATE)
    ended = run([sys.executable, "-m", "django", "ship", end], env)
    assert (ended.returncode, "nobody catches this" in ended.stderr) == (status, end == "raise")
    assert _numbers(inspector) == {7: 1}
