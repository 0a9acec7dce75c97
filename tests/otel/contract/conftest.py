"""Fixtures of the contract's checks: programs that are shut down after the test, for either protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import pytest

from tests.otel.contract.sdk import Sdk
from tests.otel.delivery.scripted import Scripted, scripted_server


class MakeSdk(Protocol):
    def __call__(self, **options: Any) -> Sdk: ...


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted_server() as scripted:
        yield scripted


@pytest.fixture
def mode(request: pytest.FixtureRequest) -> str:
    """Return the protocol that a module's checks test."""
    found: str = request.module.MODE
    return found


@pytest.fixture
def make_sdk(server: Scripted, mode: str) -> Iterator[MakeSdk]:
    made: list[Sdk] = []

    def make(**options: Any) -> Sdk:
        made.append(Sdk(server, mode, **options))
        return made[-1]

    yield make
    for sdk in made:
        sdk.end()


@pytest.fixture
def sdk(make_sdk: MakeSdk) -> Sdk:
    return make_sdk()
