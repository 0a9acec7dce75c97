"""The bridge of the host project as a process of its own, and the environment of who sends through it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lifecycle.servers import environment, running, wait_for

__all__ = ["FORWARDED", "bridging", "through"]

# Which undeclared names are forwarded, the program says, and the bridge as well.
FORWARDED = {"POSTHOG_EVENTS": "order_*"}

_LISTENING = re.compile(r"The bridge listens on (http://\S+)")


@contextmanager
def bridging(posthog: str, folder: Path) -> Iterator[str]:
    """Run a bridge that delivers to an address; give its own."""
    command = [sys.executable, "-m", "django", "telemetry", "bridge", "--port", "0"]
    with running(command, environment(posthog, **FORWARDED), folder) as process:
        yield wait_for(lambda: _LISTENING.search(process.log())).group(1)


def through(bridge: str, **more: str) -> dict[str, str]:
    """Return the environment of a program that has no key and sends to the bridge as to a Collector."""
    there = {"POSTHOG_VIA": "collector", "OTEL_EXPORTER_OTLP_ENDPOINT": bridge}
    return environment(None, **(there | more))
