"""Real servers and programs in their own processes: started, sent requests, stopped, and cleaned up."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TypeVar

from celery import Celery

__all__ = [
    "BIN",
    "ROOT",
    "TIMEOUT",
    "Answer",
    "Process",
    "Server",
    "celery_worker",
    "environment",
    "gunicorn",
    "run",
    "running",
    "serving",
    "stop_celery",
    "traceparent",
    "uvicorn",
    "wait_for",
]

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

# Seconds; far more than any step takes, so that tests do not fail on a loaded machine.
TIMEOUT = 30.0

_LISTENING = re.compile(r"(?:Listening at:|running on|server at) http://127\.0\.0\.1:(\d+)")

# Variables of the machine's environment that must not reach the programs under test.
_OURS = re.compile(r"OTEL_|POSTHOG_|HOST_|DJANGO_|DATABASE_|CELERY_|PYTEST_|COV_")

_numbers = count(1)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as the client received it.

    Args:
        status: the HTTP status.
        body: the received part of the body.
        is_broken: whether the connection ended before the body did.
        seconds: the time until the end of the response.
        cookie: `name=value` of the first cookie; empty if there isn't one.
    """

    status: int
    body: bytes
    is_broken: bool
    seconds: float
    cookie: str


class Process:
    """A process that a test started.

    Args:
        popen: the process.
        log: the file with the process's output.
    """

    def __init__(self, popen: subprocess.Popen[bytes], log: Path) -> None:
        self._popen = popen
        self._log = log

    @property
    def pid(self) -> int:
        return self._popen.pid

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def is_running(self) -> bool:
        return self._popen.poll() is None

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> float:
        """Send a signal, wait for the end, and return the seconds that it took."""
        began = time.monotonic()
        self._popen.send_signal(sign)
        try:
            self._popen.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            msg = f"still running {TIMEOUT} s after {sign.name}:\n{self.log()}"
            raise AssertionError(msg) from None
        return time.monotonic() - began

    def kill(self) -> None:
        """Kill the process and its children, if they are still running."""
        with suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()


class Server(Process):
    """A server that listens on loopback."""

    port = 0

    def get(self, path: str, headers: Mapping[str, str] | None = None, *, timeout: float = TIMEOUT) -> Answer:
        """Send a GET request on a new connection, and return the response."""
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.putrequest("GET", path, skip_host=bool(headers and "Host" in headers))
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            is_broken = False
            try:
                body = response.read()
            except (http.client.IncompleteRead, ConnectionError) as error:
                is_broken, body = True, getattr(error, "partial", b"")
            cookie = response.getheader("Set-Cookie", "").partition(";")[0]
            return Answer(response.status, body, is_broken, time.monotonic() - began, cookie)
        finally:
            connection.close()


def environment(posthog: str | None, **more: str) -> dict[str, str]:
    """Return the environment of a program under test; without a PostHog URL it has no API key."""
    env = {name: value for name, value in os.environ.items() if not _OURS.match(name)}
    env |= {"DJANGO_SETTINGS_MODULE": "tests.host.settings", "PYTHONUNBUFFERED": "1"}
    if posthog is not None:
        env |= {"POSTHOG_API_KEY": "phc_test", "POSTHOG_HOST": posthog}
    return env | more


@contextmanager
def running(
    command: Sequence[str | Path], env: Mapping[str, str], folder: Path, kind: type[Process] = Process
) -> Iterator[Process]:
    """Run a program during the block; at the end, kill the program and its children."""
    log = folder / f"{next(_numbers)}.log"
    with log.open("wb") as file:
        popen = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    process = kind(popen, log)
    try:
        yield process
    finally:
        process.kill()
        print(process.log())  # pytest shows the log if the test fails


@contextmanager
def serving(command: Sequence[str | Path], env: Mapping[str, str], folder: Path) -> Iterator[Server]:
    """Run a server on a free port; yield it when it answers."""
    with running(command, env, folder, Server) as server:
        assert isinstance(server, Server)
        server.port = int(wait_for(lambda: _listening(server)).group(1))
        wait_for(lambda: _answers(server))
        yield server


def run(command: Sequence[str | Path], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT * 2,
        check=False,
    )


def gunicorn(*options: str, application: str = "tests.host.wsgi") -> list[str | Path]:
    """Return a gunicorn command, without the control socket in the home directory."""
    # A worker that is booting may miss a SIGTERM; gunicorn kills it after this time (default: 30 s).
    usual = ("--bind", "127.0.0.1:0", "--no-control-socket", "--graceful-timeout", "12")
    return [BIN / "gunicorn", *usual, *options, application]


def uvicorn(*options: str) -> list[str | Path]:
    """Return a uvicorn command."""
    return [BIN / "uvicorn", "--host", "127.0.0.1", "--port", "0", *options, "tests.host.asgi:application"]


def celery_worker(*options: str) -> list[str | Path]:
    """Return the command of a Celery worker that logs the start and end of tasks."""
    return [BIN / "celery", "-A", "tests.host.tasks", "worker", "--loglevel", "INFO", *options]


def stop_celery(worker: Process, broker: str) -> None:
    """Stop a Celery worker once its main process knows that each received task has begun.

    Earlier, the main process of Celery 5.7 can wait forever for a child that has done its task.
    """
    wait_for(lambda: _begun(broker) == worker.log().count("] received"))
    worker.stop()


def _begun(broker: str) -> int:
    with Celery(broker=broker, set_as_current=False) as app:
        stats = app.control.inspect(timeout=1, limit=1).stats() or {}
    return sum(sum(worker["total"].values()) for worker in stats.values())


def traceparent(trace_id: str, flags: str = "01") -> dict[str, str]:
    """Return the header that makes a request part of a trace (W3C Trace Context)."""
    return {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-{flags}"}


def wait_for(condition: Callable[[], T | None], timeout: float = TIMEOUT) -> T:
    """Wait until a condition is truthy, for at most `timeout` seconds, and return its value."""
    deadline = time.monotonic() + timeout
    while not (result := condition()):
        if time.monotonic() > deadline:
            msg = f"not within {timeout} s; the last answer was {result!r}"
            raise AssertionError(msg)
        time.sleep(0.02)
    return result


def _listening(server: Server) -> re.Match[str] | None:
    found = _LISTENING.search(server.log())
    if found is None and not server.is_running():
        raise AssertionError(server.log())
    return found


def _answers(server: Server) -> bool:
    if not server.is_running():
        raise AssertionError(server.log())
    try:
        return server.get("/no/such/page/").status == 404
    except OSError:
        return False
