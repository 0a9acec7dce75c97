"""Programs that run as child processes, which are stopped even if this process is killed."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

__all__ = ["Program", "ProgramError", "run_to_end"]

# Seconds. A first start compiles every module, possibly on a busy laptop.
_START_TIMEOUT = 60.0
# Seconds. At exit, the product delivers its last events for up to POSTHOG_FLUSH_TIMEOUT, 10 s by default.
_STOP_TIMEOUT = 15.0
# As many lines as fit on a screen.
_TAIL_LINES = 30

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class ProgramError(Exception):
    """Raised if a program ends or does not answer; the message contains the end of its log."""


class Program:
    """A program that runs as a child process until it is stopped.

    The program has its own session, so that Ctrl-C reaches only this process, which stops its children in
    order.

    Args:
        name: the program's name in messages.
        command: the program and its arguments.
        env: the program's environment.
        log: the file for the program's output; overwritten.
        user: the user that the program runs as; this process's user by default.
        ends_by: the signal that ends the program gracefully.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        log: Path,
        *,
        user: str | None = None,
        ends_by: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self._log = log
        self._ends_by = ends_by
        with log.open("wb") as file:
            self._process = subprocess.Popen(  # noqa: S603 - our own programs
                command,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=user,
                preexec_fn=_tie_to(os.getpid(), ends_by),  # only system calls, no locks
            )

    def wait_until(self, answers: Callable[[], bool]) -> None:
        """Wait until the program answers.

        Args:
            answers: returns whether the program answers.

        Raises:
            ProgramError: if the program ends or takes too long.
        """
        deadline = time.monotonic() + _START_TIMEOUT
        while not answers():
            self.check()
            if time.monotonic() > deadline:
                problem = f"does not answer within {_START_TIMEOUT:.0f} s"
                raise self._error(problem)
            time.sleep(0.05)

    def check(self) -> None:
        """Raise `ProgramError` if the program has ended."""
        code = self._process.poll()
        if code is not None:
            problem = f"has ended with {_described(code)}"
            raise self._error(problem)

    def stop(self) -> None:
        """Ask the program to end; after a timeout, kill it. Then kill its remaining children."""
        with suppress(ProcessLookupError):
            self._process.send_signal(self._ends_by)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_TIMEOUT)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _error(self, problem: str) -> ProgramError:
        return ProgramError(f"{self.name} {problem}.{_tail(self._log)}")


def run_to_end(
    name: str, command: Sequence[str], env: Mapping[str, str], log: Path, *, user: str | None = None
) -> None:
    """Run a program to its end.

    Args:
        name: the program's name in messages.
        command: the program and its arguments.
        env: the program's environment.
        log: the file for the program's output; overwritten.
        user: the user that the program runs as; this process's user by default.

    Raises:
        ProgramError: if the program fails.
    """
    with log.open("wb") as file:
        done = subprocess.run(  # noqa: S603 - our own programs
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            user=user,
            check=False,
        )
    if done.returncode:
        msg = f"{name} has ended with {_described(done.returncode)}.{_tail(log)}"
        raise ProgramError(msg)


def _tie_to(parent: int, sign: signal.Signals) -> Callable[[], None] | None:
    """Return a function, called in the child, that makes the child end when its parent ends or is killed."""
    if _libc is None:
        return None  # on other systems, children survive if this process is killed with SIGKILL
    libc = _libc

    def tie() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, sign)
        if os.getppid() != parent:  # the parent died before the call
            os._exit(1)

    return tie


def _described(code: int) -> str:
    return f"status {code}" if code >= 0 else signal.Signals(-code).name


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
    shown = "\n".join(f"  {line}" for line in lines) or "  (nothing)"
    return f" The end of {log}:\n{shown}"
