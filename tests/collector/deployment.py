"""A complete deployment: a real Collector, a real bridge in its own process, and PostHog's stand-in."""

from __future__ import annotations

import re
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otel.inspector.running import RunningInspector, running_inspector
from tests.lifecycle.servers import Process, environment, running, wait_for
from tests.services.collector import CONFIG, RunningCollector, running_collector
from tformance.run.programs.ports import HOST, choose_port

__all__ = ["Bridge", "Deployment", "captures", "collector_variables", "running_bridge", "running_deployment"]

TOKEN = "bridge-token"

# The Collector doubles the time between its attempts up to half a minute.
_PATIENCE = 120.0

# The endpoint for traces in tests that do not use traces; nothing listens there.
_NOWHERE = "127.0.0.1:1"


class Bridge:
    """A bridge in its own process, which can be killed and restarted at the same address.

    Args:
        env: environment of the process, including PostHog's address and key.
        folder: folder for the logs.
    """

    def __init__(self, env: Mapping[str, str], folder: Path) -> None:
        self._env = {**env, "POSTHOG_BRIDGE_TOKEN": TOKEN}
        self._folder = folder
        self._port = choose_port(0, 0)
        self._stack = ExitStack()
        self._processes: list[Process] = []
        self.url = f"http://{HOST}:{self._port}"
        self.start()

    def start(self) -> None:
        """Start the bridge, and wait until it answers."""
        command = [sys.executable, "-m", "django", "telemetry", "bridge", "--port", str(self._port)]
        self._processes.append(self._stack.enter_context(running(command, self._env, self._folder)))
        wait_for(self._answers)

    def kill(self) -> None:
        """Kill the bridge as `kill -9` does."""
        self._processes[-1].kill()

    def metric(self, name: str) -> float:
        """Return the value of a metric by its Prometheus name and labels."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", self._get("/metrics"), re.MULTILINE)
        assert found is not None, name
        return float(found.group(1))

    def close(self) -> None:
        """Kill all processes that are still running."""
        self._stack.close()

    def _answers(self) -> bool:
        if not self._processes[-1].is_running():
            raise AssertionError(self._processes[-1].log())
        try:
            return bool(self._get("/healthz"))
        except OSError:
            return False

    def _get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            text: str = answer.read().decode()
            return text


@dataclass(frozen=True)
class Deployment:
    """A running inspector, bridge and Collector, each of which sends to the one before."""

    inspector: RunningInspector
    bridge: Bridge
    collector: RunningCollector

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a host project program that sends to the Collector, without a key."""
        variables = {
            "POSTHOG_VIA": "collector",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.collector.otlp_url,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_LOGS_EXPORTER": "none",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            "HOST_DATABASE": ":memory:",
        }
        return environment(None, **(variables | more))

    def arrived(self, count: int) -> list[dict[str, Any]]:
        """Wait until that many captures have arrived, and return all of them."""
        deadline = time.monotonic() + _PATIENCE
        while self.inspector.all()["good"] < count:
            assert time.monotonic() < deadline, f"{self.inspector.all()} of {count}\n{self.collector.log()}"
            time.sleep(0.1)
        return self.inspector.good()


@contextmanager
def running_bridge(posthog: str, folder: Path, **more: str) -> Iterator[Bridge]:
    """Run a bridge until the block ends.

    Args:
        posthog: address that the bridge delivers to.
        folder: folder for the logs.
        more: further environment variables; by default the bridge runs with the host project's settings.
    """
    bridge = Bridge(environment(posthog, **more), folder)
    try:
        yield bridge
    finally:
        bridge.close()


@contextmanager
def running_deployment(folder: Path, traces: str = _NOWHERE, **env: str) -> Iterator[Deployment]:
    """Run a complete deployment until the block ends.

    Args:
        folder: folder for the logs.
        traces: endpoint that the Collector sends traces to.
        env: further environment variables of the Collector.
    """
    with ExitStack() as stack:
        inspector = stack.enter_context(running_inspector())
        bridge = stack.enter_context(running_bridge(inspector.url, folder))
        collector = stack.enter_context(running_collector(CONFIG, collector_variables(bridge, traces) | env))
        yield Deployment(inspector, bridge, collector)


def collector_variables(bridge: Bridge, traces: str) -> dict[str, str]:
    """Return the Collector's environment variables for a bridge and an endpoint for traces."""
    return {
        "POSTHOG_BRIDGE_ENDPOINT": bridge.url,
        "POSTHOG_BRIDGE_TOKEN": TOKEN,
        "TRACES_OTLP_ENDPOINT": traces,
        "TAIL_DECISION_WAIT": "1s",
        "TAIL_WAIT_AFTER_ROOT": "100ms",
    }


def captures(inspector: RunningInspector) -> list[dict[str, Any]]:
    """Return the captures sorted by uuid, without the times and numbers of their deliveries."""
    fields = ("event", "uuid", "distinct_id", "timestamp", "properties")
    selected = ({name: one[name] for name in fields} for one in inspector.good())
    return sorted(selected, key=lambda one: str(one["uuid"]))
