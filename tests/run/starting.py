"""Starts `python -m tformance.run` as people do, and inspects its output and its processes."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from otel.inspector import RunningInspector
from tests.lifecycle.servers import ROOT, environment

__all__ = ["IS_UP", "Run", "starting"]

# Part of the last line before the run waits for Ctrl-C.
IS_UP = "Ctrl-C stops"

# Far more than a run takes, so that a test does not fail on a loaded machine.
_TIMEOUT = 180.0


class Run:
    """A run.

    Args:
        popen: the process.
        log: the file with the process's output.
    """

    def __init__(self, popen: subprocess.Popen[bytes], log: Path) -> None:
        self._popen = popen
        self._log = log

    @property
    def printed(self) -> str:
        return self._log.read_text()

    @property
    def pid(self) -> int:
        return self._popen.pid

    def inspector(self) -> RunningInspector:
        """Wait until the inspector listens, and return it."""
        self.wait_for("Inspector  http")
        found = re.search(r"Inspector  http://([\d.]+):(\d+)", self.printed)
        assert found is not None
        return RunningInspector(found.group(1), int(found.group(2)))

    def wait_for(self, text: str) -> None:
        """Wait until the run has printed a text."""
        deadline = time.monotonic() + _TIMEOUT
        while text not in self.printed:
            assert self._popen.poll() is None, self.printed
            assert time.monotonic() < deadline, self.printed
            time.sleep(0.02)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.pid).children(recursive=True)

    def end(self, sign: signal.Signals | None = None) -> int:
        """Wait for the end, after a signal if one is given, and return the exit status."""
        if sign is not None:
            self._popen.send_signal(sign)
        return self._popen.wait(_TIMEOUT)


@contextmanager
def starting(folder: Path, *options: str, **env: str) -> Iterator[Run]:
    """Start a run on free ports, with its database and all other files in a folder."""
    ports = ("--port", "0", "--inspector-port", "0", "--sandbox-port", "0")
    log = folder / "printed.log"
    with log.open("wb") as file:
        popen = subprocess.Popen(
            [sys.executable, "-m", "tformance.run", *ports, "--folder", str(folder / "run"), *options],
            cwd=ROOT,
            env=environment(None, **env),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    run = Run(popen, log)
    try:
        yield run
    finally:
        left = run.children() if popen.poll() is None else []
        popen.kill()
        for child in left:
            child.kill()
        popen.wait()
        psutil.wait_procs(left)
