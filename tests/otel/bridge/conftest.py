"""An inspector in place of PostHog, and a bridge that knows the shop's events."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from otel.bridge import application
from otel.bridge.server import running_bridge
from otel.inspector.running import RunningInspector, running_inspector
from otel.settings import Settings
from tests.otel.shop import REGISTRY, SETTINGS


@pytest.fixture(scope="package")
def posthog() -> Iterator[RunningInspector]:
    with running_inspector() as running:
        yield running


@pytest.fixture
def inspector(posthog: RunningInspector) -> RunningInspector:
    posthog.reset()
    return posthog


@pytest.fixture(scope="package")
def settings(posthog: RunningInspector) -> Settings:
    return SETTINGS.replace(host=posthog.url, events=("order_*",))


@pytest.fixture(scope="package")
def bridge(settings: Settings) -> Iterator[str]:
    with running_bridge(application(settings, REGISTRY)) as url:
        yield url


_traces = (f"{number:032x}" for number in count(0x5B8EFFF798038103D269B633813FC60D))


@pytest.fixture
def trace() -> str:
    """Return a trace id that no other test has, because the bridge remembers traces."""
    return next(_traces)
