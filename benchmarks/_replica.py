"""`python -m benchmarks._replica ADDRESS`: the bridge's program, with the benchmarks' event declared."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import psutil

from benchmarks._content import settings
from otel.bridge.server import run
from otel.events import default_registry

__all__ = ["Replica", "replicas"]


class Replica:
    """A running bridge.

    Args:
        url: the bridge's URL.
        pid: the process id of the bridge.
    """

    def __init__(self, url: str, pid: int) -> None:
        self.url = url
        self._process = psutil.Process(pid)

    def cpu(self) -> float:
        """Return the CPU seconds that the bridge has used."""
        times = self._process.cpu_times()
        return times.user + times.system

    def memory(self) -> int:
        """Return the resident memory of the bridge in bytes."""
        return int(self._process.memory_info().rss)


@contextmanager
def replicas(count: int, posthog: str) -> Iterator[Sequence[Replica]]:
    """Run bridges, each in its own process.

    Args:
        count: the number of bridges.
        posthog: the URL that the bridges deliver to.
    """
    command = [sys.executable, "-m", "benchmarks._replica", posthog]
    with ExitStack() as stack:
        processes = []
        for _ in range(count):
            process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            stack.callback(process.terminate)
            processes.append(process)
        yield [Replica(_said(process).split()[4], process.pid) for process in processes]


def _said(process: subprocess.Popen[str]) -> str:
    return process.stdout.readline() if process.stdout is not None else ""


if __name__ == "__main__":
    sys.exit(run(settings(sys.argv[1]), default_registry, "127.0.0.1", 0))
