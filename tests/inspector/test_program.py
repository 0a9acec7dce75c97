"""The command line of the inspector, `python -m otel.inspector`."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from otel.inspector import RunningInspector
from tests.inspector.sending import Sender, batch, event

COMMAND = (sys.executable, "-m", "otel.inspector")


@contextmanager
def started(*options: str) -> Iterator[tuple[subprocess.Popen[str], RunningInspector]]:
    """Start the program on a free port and wait until it prints its URL; the block must end it."""
    command = [*COMMAND, "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        host, _, port = process.stdout.readline().strip().rpartition("http://")[2].partition(":")
        try:
            yield process, RunningInspector(host, int(port))
        except BaseException:
            process.kill()
            raise


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_url_and_ends_on_a_signal(ending: signal.Signals) -> None:
    with started("--funnel", "opened > bought") as (process, inspector):
        try:
            sender = Sender(inspector.url)
            assert sender.post(batch(event("opened"))).status == 200
            sender.close()
            assert [step["persons"] for step in inspector.funnel()["steps"]] == [1, 0]
        finally:
            process.send_signal(ending)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == (0 if ending == signal.SIGINT else -signal.SIGTERM)
    assert errors == ""


@pytest.mark.slow
def test_a_port_that_is_taken_is_explained() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [*COMMAND, "--port", str(port)], capture_output=True, text=True, timeout=20, check=False
        )
    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in ended.stderr
    assert "--port" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_help_names_every_option_and_how_to_send_events_to_it() -> None:
    ended = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, timeout=20, check=True)
    for part in (
        "--host", "--port", "--open", "--keep", "--funnel", "--drop-older-than", "--move-limit", "--suppress",
        "--discard", "POSTHOG_HOST",
    ):  # fmt: skip
        assert part in ended.stdout


@pytest.mark.slow
def test_it_can_drop_old_events_like_a_project_with_that_setting() -> None:
    with started("--drop-older-than", "3600") as (process, inspector):
        try:
            sender = Sender(inspector.url)
            now = datetime.now(UTC).isoformat()
            assert sender.post(batch(event("old"), event("new", timestamp=now))).status == 200
            sender.close()
            assert [one["event"] for one in inspector.good()] == ["new"]
            assert [(one["event"], one["warning"]) for one in inspector.bad()] == [
                ("old", "event_dropped_too_old")
            ]
        finally:
            process.send_signal(signal.SIGINT)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [("--port", "70000"), ("--keep", "0"), ("--funnel", "a>"), ("--drop-older-than", "-1")]
)
def test_an_invalid_option_is_refused(arguments: tuple[str, str]) -> None:
    ended = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 2
    assert arguments[0] in ended.stderr
