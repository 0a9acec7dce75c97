"""`python -m tformance.sandbox`, started as in `make run`."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from tests.sandbox.granting import grant
from tformance.sandbox.running import RunningSandbox, running_sandbox

COMMAND = [sys.executable, "-m", "tformance.sandbox"]


@pytest.mark.slow
def test_the_program_prints_its_url_and_answers_over_http() -> None:
    with subprocess.Popen(
        [*COMMAND, "--port", "0", "--seed", "7", "--behind", "3"], stdout=subprocess.PIPE, text=True
    ) as program:
        try:
            assert program.stdout is not None
            said = [program.stdout.readline() for _ in range(12)]
            found = re.search(r"listens on (\S+)", said[0])
            assert found is not None
            sandbox = RunningSandbox(found[1])
            assert {name: value for line in said[2:] for name, _, value in [line.strip().partition("=")]} == (
                sandbox.environ()
            )
            assert sandbox.state()["seed"] == 7
            sandbox.advance(3)
            now = datetime.fromisoformat(sandbox.state()["now"])
            assert abs(now - datetime.now(UTC)) < timedelta(minutes=10)
            assert grant(sandbox, "github")["access_token"].startswith("gho_")
        finally:
            program.send_signal(signal.SIGINT)
        assert program.wait(10) == 0


@pytest.mark.slow
def test_a_port_in_use_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "Choose another port" in ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["--help"], 0), (["--port", "x"], 2), (["--port", "99999"], 2), (["--behind", "-1"], 2)],
)
def test_arguments_are_explained(arguments: list[str], status: int) -> None:
    ended = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60)
    assert ended.returncode == status
    assert "usage: python -m tformance.sandbox" in ended.stdout + ended.stderr


def test_two_sandboxes_are_independent() -> None:
    with running_sandbox() as one, running_sandbox(seed=2) as two:
        grant(one, "slack")
        assert len(one.state()["tokens"]) == 1
        assert two.state()["tokens"] == []
