"""An inspector in place of PostHog, and pipelines that are shut down after each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from otel.inspector.running import RunningInspector, running_inspector
from tests.otel.journal.journaling import Pipeline


class MakePipeline(Protocol):
    def __call__(self, url: str, **settings: Any) -> Pipeline: ...


@pytest.fixture
def inspector() -> Iterator[RunningInspector]:
    """Run an inspector for each test, so that a request that hangs cannot end in the next test."""
    with running_inspector() as inspector:
        yield inspector


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def make_pipeline(folder: Path) -> Iterator[MakePipeline]:
    made: list[Pipeline] = []

    def make(url: str, **settings: Any) -> Pipeline:
        made.append(Pipeline(url, folder, **settings))
        return made[-1]

    yield make
    for pipeline in made:
        pipeline.end()
