"""One sandbox for the session, which is reset before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tformance.sandbox.running import RunningSandbox, running_sandbox


@pytest.fixture(scope="session")
def started_sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(started_sandbox: RunningSandbox) -> RunningSandbox:
    started_sandbox.reset()
    return started_sandbox
