"""The whole way behind a program: a real Collector, a real bridge in its own process, PostHog's stand-in."""

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

__all__ = ["Bridge", "Whole", "behind", "captures", "running_bridge", "running_whole"]

TOKEN = "bridge-token"

# The Collector doubles the time between its attempts up to half a minute.
_PATIENCE = 120.0

# No trace is asked for: nobody listens there.
_NOWHERE = "127.0.0.1:1"


class Bridge:
    """Ask, kill and restart a bridge, always at the same address.

    Args:
        env: of the process, PostHog's address and key among it.
        folder: takes its logs.
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
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "django", "telemetry", "bridge", "--port", str(self._port)]
        self._processes.append(self._stack.enter_context(running(command, self._env, self._folder)))
        wait_for(self._answers)

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self._processes[-1].kill()

    def metric(self, name: str) -> float:
        """Return one of its metrics, named as Prometheus reads it."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", self._get("/metrics"), re.MULTILINE)
        assert found is not None, name
        return float(found.group(1))

    def close(self) -> None:
        """Kill what still runs."""
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
class Whole:
    """Hold the parts of the way."""

    inspector: RunningInspector
    bridge: Bridge
    collector: RunningCollector

    def environment(self, **more: str) -> dict[str, str]:
        """Return what a program of the host project needs to send through it: no key."""
        there = {
            "POSTHOG_VIA": "collector",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.collector.otlp_url,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_LOGS_EXPORTER": "none",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            "HOST_DATABASE": ":memory:",
        }
        return environment(None, **(there | more))

    def arrived(self, count: int) -> list[dict[str, Any]]:
        """Return the captures, as soon as there are that many."""
        deadline = time.monotonic() + _PATIENCE
        while self.inspector.all()["good"] < count:
            assert time.monotonic() < deadline, f"{self.inspector.all()} of {count}\n{self.collector.log()}"
            time.sleep(0.1)
        return self.inspector.good()


@contextmanager
def running_bridge(posthog: str, folder: Path, **more: str) -> Iterator[Bridge]:
    """Run a bridge that delivers to an address as long as the block; the host project's by default."""
    bridge = Bridge(environment(posthog, **more), folder)
    try:
        yield bridge
    finally:
        bridge.close()


@contextmanager
def running_whole(folder: Path, traces: str = _NOWHERE, **env: str) -> Iterator[Whole]:
    """Run all of it as long as the block.

    Args:
        folder: takes the logs.
        traces: where the Collector sends the traces.
        env: the Collector's variables besides.
    """
    with ExitStack() as stack:
        inspector = stack.enter_context(running_inspector())
        bridge = stack.enter_context(running_bridge(inspector.url, folder))
        collector = stack.enter_context(running_collector(CONFIG, behind(bridge, traces) | env))
        yield Whole(inspector, bridge, collector)


def behind(bridge: Bridge, traces: str) -> dict[str, str]:
    """Return a Collector's variables for what is behind it: a bridge, and who takes the traces."""
    return {
        "POSTHOG_BRIDGE_ENDPOINT": bridge.url,
        "POSTHOG_BRIDGE_TOKEN": TOKEN,
        "TRACES_OTLP_ENDPOINT": traces,
        "TAIL_DECISION_WAIT": "1s",
        "TAIL_WAIT_AFTER_ROOT": "100ms",
    }


def captures(inspector: RunningInspector) -> list[dict[str, Any]]:
    """Return what arrived, in an order of its own and without when and how often it did."""
    fields = ("event", "uuid", "distinct_id", "timestamp", "properties")
    told = ({name: one[name] for name in fields} for one in inspector.good())
    return sorted(told, key=lambda one: str(one["uuid"]))
