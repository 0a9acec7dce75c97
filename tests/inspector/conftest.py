"""An inspector for each module of tests, empty at the start of each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from otel.inspector import RunningInspector, running_inspector
from tests.inspector.sending import Sender


@pytest.fixture(scope="module")
def started_inspector() -> Iterator[RunningInspector]:
    with running_inspector() as inspector:
        yield inspector


@pytest.fixture
def inspector(started_inspector: RunningInspector) -> RunningInspector:
    started_inspector.reset()
    return started_inspector


@pytest.fixture
def sender(inspector: RunningInspector) -> Iterator[Sender]:
    sender = Sender(inspector.url)
    yield sender
    sender.close()
