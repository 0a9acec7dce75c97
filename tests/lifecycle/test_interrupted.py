"""Requests and tasks that do not end: what they recorded and committed arrives all the same."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from otel.inspector.running import RunningInspector
from tests.lifecycle.servers import (
    Server,
    celery_worker,
    environment,
    gunicorn,
    running,
    serving,
    uvicorn,
    wait_for,
)
from tests.services.needing import needs_services
from tests.services.redis import running_redis

_THREADS = gunicorn("--worker-class", "gthread", "--threads", "4")
# The server, the view, and the number of seconds after which the view goes on.
_WAYS = {
    "WSGI": (_THREADS, "ship_and_wait"),
    "ASGI, sync view": (uvicorn(), "ship_and_wait"),
    "ASGI, async view": (uvicorn(), "ship_and_wait_async"),
}


@pytest.fixture(params=["a person", "nobody"])
def is_signed_in(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "a person")


@contextmanager
def _asking(server: Server, view: str, *, is_signed_in: bool, seconds: float) -> Iterator[socket.socket]:
    """Send a request during the block, and go on when it has recorded its events."""
    cookie = server.get("/sign_in/?as=anna").cookie if is_signed_in else "theme=dark"
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        head = f"GET /{view}/?seconds={seconds} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n"
        client.sendall(head.encode())
        wait_for(lambda: "recorded" in server.log())
        yield client


def _committed(inspector: RunningInspector) -> list[dict[str, Any]]:
    return [one for one in inspector.good("parcel_shipped") if one["properties"]["number"] == 21]


def _check(inspector: RunningInspector, *, is_signed_in: bool) -> None:
    """Check that what was committed has arrived once, about the right person."""
    (one,) = _committed(inspector)
    assert (one["distinct_id"] == "person-anna") is is_signed_in


@pytest.mark.parametrize(("command", "view"), _WAYS.values(), ids=_WAYS)
def test_what_a_request_has_committed_before_a_kill_is_delivered_by_the_next_process(
    command: list[str | Path],
    view: str,
    is_signed_in: bool,
    inspector: RunningInspector,
    database: str,
    tmp_path: Path,
) -> None:
    env = environment(
        inspector.url,
        HOST_DATABASE=database,
        POSTHOG_JOURNAL=str(tmp_path / "journal"),
        OTEL_BSP_SCHEDULE_DELAY="60000",
    )
    with (
        serving(command, env, tmp_path) as server,
        _asking(server, view, is_signed_in=is_signed_in, seconds=60),
    ):
        os.killpg(server.pid, signal.SIGKILL)
    assert inspector.good() == []
    with serving(command, env, tmp_path):
        wait_for(lambda: _committed(inspector))
    _check(inspector, is_signed_in=is_signed_in)
    assert 22 not in [one["properties"]["number"] for one in inspector.good("parcel_shipped")]


@pytest.mark.parametrize(("command", "view"), _WAYS.values(), ids=_WAYS)
def test_what_a_request_has_committed_arrives_when_its_client_hangs_up(
    command: list[str | Path],
    view: str,
    is_signed_in: bool,
    inspector: RunningInspector,
    database: str,
    tmp_path: Path,
) -> None:
    env = environment(inspector.url, HOST_DATABASE=database, OTEL_BSP_SCHEDULE_DELAY="50")
    # A sync view runs on, and an event of nobody waits for its end; an async one is cancelled.
    seconds = 20 if is_signed_in or view == "ship_and_wait_async" else 2
    with serving(command, env, tmp_path) as server:
        with _asking(server, view, is_signed_in=is_signed_in, seconds=seconds) as client:
            client.shutdown(socket.SHUT_RDWR)
        wait_for(lambda: _committed(inspector), timeout=15)
        server.kill()
    _check(inspector, is_signed_in=is_signed_in)


@needs_services
@pytest.mark.parametrize("is_killed", [False, True], ids=["while it runs", "after a kill"])
def test_what_a_long_task_records_does_not_wait_for_its_end(
    is_killed: bool, inspector: RunningInspector, database: str, tmp_path: Path
) -> None:
    with running_redis() as broker:
        env = environment(
            inspector.url,
            HOST_DATABASE=database,
            HOST_BROKER=broker,
            POSTHOG_JOURNAL=str(tmp_path / "journal") if is_killed else "",
            OTEL_BSP_SCHEDULE_DELAY="60000" if is_killed else "50",
        )
        worker = celery_worker("--concurrency", "1")
        with serving(gunicorn(), env, tmp_path) as server, running(worker, env, tmp_path) as first:
            wait_for(lambda: " ready." in first.log())
            server.get("/run_task/?task=ship_and_wait_later&number=21")
            wait_for(lambda: "recorded" in first.log())
            server.stop()
            if not is_killed:
                wait_for(lambda: _committed(inspector), timeout=15)
            first.stop(signal.SIGKILL) if is_killed else first.kill()
        if is_killed:
            assert _committed(inspector) == []
            with serving(gunicorn(), env, tmp_path):
                wait_for(lambda: _committed(inspector))
    assert len(_committed(inspector)) == 1
