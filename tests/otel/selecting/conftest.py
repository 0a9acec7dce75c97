"""Pipelines that are shut down after each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.otel.selecting.processing import Pipeline


@pytest.fixture
def make() -> Iterator[Callable[..., Pipeline]]:
    made: list[Pipeline] = []

    def make(*args: Any, **options: Any) -> Pipeline:
        made.append(Pipeline(*args, **options))
        return made[-1]

    yield make
    for pipeline in made:
        pipeline.provider.shutdown()


@pytest.fixture
def pipeline(make: Callable[..., Pipeline]) -> Pipeline:
    return make()
