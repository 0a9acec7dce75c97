"""A stand-in for the Collector, and pipelines that deliver through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from otel import pipeline
from otel.settings import Settings
from tests.otel.shop import GROUPS, REGISTRY
from tests.otel.through_collector.collector import Collector, running_collector

SETTINGS = Settings(via="collector", groups=GROUPS, error_event="shop_failed", strict=True)

Install = Callable[..., pipeline.Pipeline]


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with running_collector() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.url)
        yield running


@pytest.fixture
def install(collector: Collector) -> Iterator[Install]:
    """Install a pipeline for the test, and reinstall the previous one afterwards."""
    before = pipeline.running()
    with ExitStack() as stack:

        def install(settings: Settings = SETTINGS) -> pipeline.Pipeline:
            if before is None:
                stack.callback(pipeline.install, Settings())
            else:
                stack.callback(pipeline.reinstall, before)
            return pipeline.install(settings, registry=REGISTRY)

        yield install


@pytest.fixture
def shop(install: Install) -> pipeline.Pipeline:
    return install()
