"""An OpenTelemetry Collector that runs during a block, and can be killed and restarted with its queue."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.lifecycle.servers import ROOT, Process, running, wait_for
from tests.services._installed import built
from tformance.run.programs.ports import HOST, choose_port

__all__ = ["CONFIG", "RunningCollector", "collector_env", "running_collector"]

CONFIG = ROOT / "collector-config.yaml"

_PORTS = ("HEALTH", "METRICS", "OTLP_GRPC", "OTLP_HTTP", "PROMETHEUS")


class RunningCollector:
    """A running Collector, which can be killed and restarted.

    Args:
        command: the program and its arguments.
        env: the program's environment.
        ports: the ports that the Collector listens on, by name.
        folder: the folder for logs.
    """

    def __init__(
        self, command: Sequence[str | Path], env: Mapping[str, str], ports: Mapping[str, int], folder: Path
    ) -> None:
        self._start = command, env, folder
        self._ports = ports
        self._stack = ExitStack()
        self._processes: list[Process] = []
        self.otlp_url = f"http://{HOST}:{ports['OTLP_HTTP']}"
        self.grpc_endpoint = f"{HOST}:{ports['OTLP_GRPC']}"
        self.restart()

    @property
    def pid(self) -> int:
        """The id of the current or last process."""
        return self._processes[-1].pid

    def metrics(self) -> str:
        """Return the Collector's own metrics in Prometheus's format."""
        return self._get("METRICS", "/metrics")

    def programs_metrics(self) -> str:
        """Return the metrics that programs sent to the Collector, in Prometheus's format."""
        return self._get("PROMETHEUS", "/metrics")

    def log(self) -> str:
        """Return the log since the first start."""
        return "".join(process.log() for process in self._processes)

    def kill(self) -> None:
        """Kill the process with SIGKILL."""
        self._processes[-1].kill()

    def stop(self) -> None:
        """Stop the process gracefully."""
        self._processes[-1].stop()

    def restart(self) -> None:
        """Start a process, and wait until it answers; the previous process must have ended."""
        self._processes.append(self._stack.enter_context(running(*self._start)))
        wait_for(self._is_healthy)

    def close(self) -> None:
        """Kill the processes that are still running."""
        self._stack.close()

    def _is_healthy(self) -> bool:
        if not self._processes[-1].is_running():
            raise AssertionError(self.log())
        try:
            return bool(self._get("HEALTH", "/"))
        except OSError:
            return False

    def _get(self, port: str, path: str) -> str:
        with urllib.request.urlopen(f"http://{HOST}:{self._ports[port]}{path}", timeout=10) as answer:
            text: str = answer.read().decode()
            return text


def collector_env(folder: Path, ports: Mapping[str, int]) -> dict[str, str]:
    """Return the environment of a Collector on loopback, with its queues in a folder.

    Args:
        folder: the folder for queues.
        ports: the ports that the Collector listens on, by name.
    """
    return {
        "HEALTH_ENDPOINT": f"{HOST}:{ports['HEALTH']}",
        "METRICS_HOST": HOST,
        "METRICS_PORT": str(ports["METRICS"]),
        "OTLP_GRPC_ENDPOINT": f"{HOST}:{ports['OTLP_GRPC']}",
        "OTLP_HTTP_ENDPOINT": f"{HOST}:{ports['OTLP_HTTP']}",
        "PROMETHEUS_ENDPOINT": f"{HOST}:{ports['PROMETHEUS']}",
        "QUEUE_DIR": str(folder / "queue"),
    }


@contextmanager
def running_collector(config: Path, env: Mapping[str, str], *changes: Path) -> Iterator[RunningCollector]:
    """Run a Collector on free ports during the block.

    Args:
        config: the configuration file.
        env: variables in addition to those of `collector_env`.
        changes: configuration files that are merged into the first.

    Raises:
        MissingServiceError: if the Collector is not built.
    """
    program = built("otelcol")
    options = [part for path in (config, *changes) for part in ("--config", path)]
    with TemporaryDirectory(prefix="collector-") as name:
        ports: dict[str, int] = {}
        for port in _PORTS:
            ports[port] = choose_port(0, 0, beside=ports.values())
        folder = Path(name)
        collector = RunningCollector(
            [program, *options], collector_env(folder, ports) | dict(env), ports, folder
        )
        try:
            yield collector
        finally:
            collector.close()
