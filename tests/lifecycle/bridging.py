"""The host project's bridge in its own process, and the environment of programs that send through it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lifecycle.servers import environment, running, wait_for

__all__ = ["FORWARDED", "bridging", "through"]

# The undeclared names to forward, which both the program and the bridge must set.
FORWARDED = {"POSTHOG_EVENTS": "order_*"}

_LISTENING = re.compile(r"The bridge listens on (http://\S+)")


@contextmanager
def bridging(posthog: str, folder: Path) -> Iterator[str]:
    """Run a bridge that delivers to a URL; yield the bridge's own URL."""
    command = [sys.executable, "-m", "django", "telemetry", "bridge", "--port", "0"]
    with running(command, environment(posthog, **FORWARDED), folder) as process:
        yield wait_for(lambda: _LISTENING.search(process.log())).group(1)


def through(bridge: str, **more: str) -> dict[str, str]:
    """Return the environment of a program without an API key that sends to the bridge as to a Collector."""
    there = {"POSTHOG_VIA": "collector", "OTEL_EXPORTER_OTLP_ENDPOINT": bridge}
    return environment(None, **(there | more))
