"""Starting `python -m tformance.run` as people do, and looking at what it says and started."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from otel.inspector import RunningInspector
from tests.lifecycle.servers import Process, environment, running, wait_for

__all__ = ["COMMAND", "IS_UP", "Run", "starting"]

COMMAND = [sys.executable, "-m", "tformance.run"]

# The last line before it waits for Ctrl-C.
IS_UP = "Ctrl-C stops"

_ADDRESS = re.compile(r"^  Inspector +http://([\d.]+):(\d+)$", re.MULTILINE)


class Run:
    """Look at a run."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @property
    def printed(self) -> str:
        return self._process.log()

    @property
    def inspector(self) -> RunningInspector:
        found = _ADDRESS.search(self.printed)
        assert found is not None, self.printed
        return RunningInspector(found.group(1), int(found.group(2)))

    def wait_for(self, text: str) -> None:
        def has_printed() -> bool:
            assert text in self.printed or self._process.is_running(), self.printed
            return text in self.printed

        wait_for(has_printed)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self._process.pid).children(recursive=True)

    def stop(self, sign: signal.Signals = signal.SIGINT) -> int:
        """Send a signal, and return the status that it ends with."""
        psutil.Process(self._process.pid).send_signal(sign)
        return self.end()

    def end(self) -> int:
        """Wait for the end, and return the status."""
        return self._process.wait()


@contextmanager
def starting(folder: Path, *options: str, **env: str) -> Iterator[Run]:
    """Start it on free ports, with its database and all else in a folder."""
    ports = ("--port", "0", "--inspector-port", "0")
    command = [*COMMAND, *ports, "--folder", str(folder / "run"), *options]
    with running(command, environment(None, **env), folder) as process:
        yield Run(process)
