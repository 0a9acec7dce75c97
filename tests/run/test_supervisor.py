"""`make run` as a supervisor: ports, signals, crashes, and that no process is left behind."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.lifecycle.servers import ROOT, environment
from tests.run.starting import starting
from tformance.run.programs.ports import PortTakenError, choose_port

# On one worker: the tests share a fixture that takes long to set up.
pytestmark = pytest.mark.xdist_group("supervisor")


@pytest.fixture(scope="module")
def used_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an earlier run, with an up-to-date database."""
    folder = tmp_path_factory.mktemp("used")
    with starting(folder) as run:
        run.wait_for("A sample journey")
        run.end(signal.SIGTERM)
    return folder


@pytest.fixture
def folder(used_folder: Path, tmp_path: Path) -> Path:
    shutil.copytree(used_folder, tmp_path, dirs_exist_ok=True)
    return tmp_path


def _taken_port() -> socket.socket:
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    return taken


def test_a_default_port_in_use_is_replaced() -> None:
    with _taken_port() as taken:
        usual = int(taken.getsockname()[1])
        assert choose_port(None, usual) not in (0, usual)


def test_two_programs_get_two_ports() -> None:
    port = choose_port(0, 8000)
    assert choose_port(None, port, beside=[port]) not in (0, port)


def test_two_programs_cannot_share_a_requested_port() -> None:
    port = choose_port(0, 8000)
    with pytest.raises(PortTakenError, match=f"Port {port} cannot be used: two programs"):
        choose_port(port, 8000, beside=[port])


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--port", "--inspector-port", "--sandbox-port"])
def test_a_requested_port_in_use_is_reported(option: str, tmp_path: Path) -> None:
    with _taken_port() as taken:
        port = taken.getsockname()[1]
        with starting(tmp_path, option, str(port)) as run:
            assert run.end() == 1
    assert f"Port {port} cannot be used: Address already in use" in run.printed
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda sign: sign.name)
def test_nothing_outlives_a_run_whatever_ends_it(sign: signal.Signals, folder: Path) -> None:
    if sign is signal.SIGKILL and sys.platform != "linux":
        pytest.skip("only Linux tells children that their parent was killed")
    with starting(folder) as run:
        run.wait_for("Ada signs up")
        children = run.children()
        assert len(children) == 3
        assert run.end(sign) == (-signal.SIGKILL if sign is signal.SIGKILL else 0)
        _, alive = psutil.wait_procs(children, 30)
    assert alive == []


@pytest.mark.slow
def test_an_interrupted_run_with_once_fails(folder: Path) -> None:
    with starting(folder, "--once") as run:
        run.wait_for("Ada signs up")
        assert run.end(signal.SIGINT) == 130


@pytest.mark.slow
def test_a_second_start_takes_seconds(folder: Path) -> None:
    with starting(folder) as run:
        run.wait_for("A sample journey")
        # CPU time, because the machine may be busy; it includes the migration.
        seconds = sum(sum(one.cpu_times()[:4]) for one in [psutil.Process(run.pid), *run.children()])
        run.end(signal.SIGTERM)
    assert seconds < 10


@pytest.mark.slow
def test_a_product_that_dies_ends_the_run_with_the_end_of_its_log(folder: Path) -> None:
    with starting(folder) as run:
        run.wait_for("Ctrl-C stops")
        (product,) = [one for one in run.children() if "tformance.asgi:application" in one.cmdline()]
        product.kill()
        assert run.end() == 1
    assert "The product has ended with SIGKILL. The end of" in run.printed
    assert "POST /profile/delete/" in run.printed.rpartition("The end of")[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "name"), [("otel.inspector", "inspector"), ("tformance.sandbox", "sandbox")]
)
def test_a_program_that_dies_during_the_journey_ends_the_run(module: str, name: str, folder: Path) -> None:
    with starting(folder) as run:
        run.wait_for("Ada signs up")
        (program,) = [one for one in run.children() if module in one.cmdline()]
        program.kill()
        assert run.end() == 1
    assert f"The {name} has ended with SIGKILL." in run.printed
    assert "Traceback" not in run.printed


@pytest.mark.slow
def test_a_product_that_cannot_start_shows_why(tmp_path: Path) -> None:
    with starting(tmp_path, LOG_LEVEL="loud") as run:
        assert run.end() == 1
    assert "LOG_LEVEL='loud': use one of DEBUG, INFO, WARNING, ERROR" in run.printed


@pytest.mark.slow
def test_the_help_names_every_option() -> None:
    command = [sys.executable, "-m", "tformance.run", "--help"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(None), capture_output=True, text=True, check=True
    )
    ports = ("--port", "--inspector-port", "--sandbox-port")
    for option in ("--once", *ports, "--workers", "--folder", "--traceparent-unsampled"):
        assert option in done.stdout
