"""What the tests of the journal share: PostHog's stand-in, and pipelines that are ended again."""

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
    """Run one for each test: a request that one left hanging must not end in the next."""
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
