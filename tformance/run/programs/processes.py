"""Programs that run as children: started, awaited, and all stopped, whatever becomes of this process."""

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

# A first start compiles every module, on a laptop that does other things besides.
_START_TIMEOUT = 60.0
# The product delivers its last events first, for which it has POSTHOG_FLUSH_TIMEOUT, 10 s by default.
_STOP_TIMEOUT = 15.0
# What fits on a screen.
_TAIL_LINES = 30

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class ProgramError(Exception):
    """Raised if a program ends, or does not answer; the message has the end of its log."""


class Program:
    """Run a program until it is stopped.

    It has a session of its own, so that Ctrl-C reaches only this process, which stops its children in order.

    Args:
        name: what people call it.
        command: the program and its arguments.
        env: its environment.
        log: takes what it prints, from the beginning.
        user: whom it runs as, if not as this process's own user.
        ends_by: the signal by which it ends in order.
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
                preexec_fn=_tie_to(os.getpid(), ends_by),  # it calls the kernel, and takes no lock
            )

    def wait_until(self, answers: Callable[[], bool]) -> None:
        """Wait until the program answers.

        Args:
            answers: asks it.

        Raises:
            ProgramError: if it ends, or takes too long.
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
        """Let the program end in order; kill it and what it started if it does not."""
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
        name: what people call it.
        command: the program and its arguments.
        env: its environment.
        log: takes what it prints.
        user: whom it runs as, if not as this process's own user.

    Raises:
        ProgramError: if it fails.
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
    """Return what lets a child end with its parent, even with one that is killed."""
    if _libc is None:
        return None  # elsewhere children outlive a `kill -9`, and nothing less
    libc = _libc

    def tie() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, sign)
        if os.getppid() != parent:  # which died before it could be told
            os._exit(1)

    return tie


def _described(code: int) -> str:
    return f"status {code}" if code >= 0 else signal.Signals(-code).name


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
    shown = "\n".join(f"  {line}" for line in lines) or "  (nothing)"
    return f" The end of {log}:\n{shown}"
