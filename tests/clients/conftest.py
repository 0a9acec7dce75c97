"""Two routes for the same requests: to a bridge, and through a real Collector to another bridge."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from otel.bridge import application
from otel.bridge.server import running_bridge
from otel.events import Registry
from otel.inspector.running import RunningInspector, running_inspector
from otel.settings import Settings
from tests.clients.requests import Request
from tests.collector.deployment import captures
from tests.lifecycle.servers import wait_for
from tests.services.collector import CONFIG, running_collector

# More than the Collector waits for further spans and log records before it sends a batch.
_BETWEEN = 0.8


@dataclass(frozen=True)
class Routes:
    """The two routes, each with an inspector at its end.

    Args:
        bridge: the URL of the bridge that programs reach directly.
        collector: the URL of the Collector.
        direct: receives from the bridge.
        through: receives from the Collector's bridge.
    """

    bridge: str
    collector: str
    direct: RunningInspector
    through: RunningInspector

    def captures(self, requests: Sequence[Request]) -> list[dict[str, Any]]:
        """Send requests on both routes, check that the same captures arrive, and return them."""
        for inspector in (self.direct, self.through):
            inspector.reset()
        for request in sorted(requests, key=lambda one: one.path == "/v1/logs"):
            request.send(self.bridge)
        for path in ("/v1/traces", "/v1/logs"):  # the Collector may send logs first otherwise
            for request in requests:
                if request.path == path:
                    request.send(self.collector)
            time.sleep(_BETWEEN)
        found = captures(self.direct)
        wait_for(lambda: len(captures(self.through)) >= len(found))
        assert captures(self.through) == found
        assert self.direct.all()["bad"] == 0
        return found


@pytest.fixture(scope="package")
def routes() -> Iterator[Routes]:
    settings = Settings(api_key="phc_test", events=("order_*",))
    with ExitStack() as stack:
        direct, through = (stack.enter_context(running_inspector()) for _ in range(2))
        bridges = [
            stack.enter_context(running_bridge(application(settings.replace(host=one.url), Registry())))
            for one in (direct, through)
        ]
        env = {"POSTHOG_BRIDGE_ENDPOINT": bridges[1], "POSTHOG_EVENT_NAMES": "order_.*"}
        env["TRACES_OTLP_ENDPOINT"] = "127.0.0.1:1"  # nothing listens there
        collector = stack.enter_context(running_collector(CONFIG, env))
        yield Routes(bridges[0], collector.otlp_url, direct, through)
