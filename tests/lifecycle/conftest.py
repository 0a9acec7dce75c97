"""Fixtures of the lifecycle tests: the inspector, which replaces PostHog, and a migrated database."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel.inspector.running import RunningInspector, running_inspector
from tests.lifecycle.servers import environment, run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def inspector() -> Iterator[RunningInspector]:
    with running_inspector() as inspector:
        yield inspector


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("host") / "host.sqlite3")
    migrated = run([sys.executable, "-m", "django", "migrate"], environment(None, HOST_DATABASE=path))
    assert migrated.returncode == 0, migrated.stderr
    return path
