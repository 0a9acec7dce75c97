"""One inspector whose project a test can look into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from otel.inspector import RunningInspector, running_inspector
from otel.inspector.rules import Project, ProjectSettings
from tests.inspector.sending import Sender


@dataclass(frozen=True)
class House:
    """An inspector, its project, and who sends to it."""

    inspector: RunningInspector
    project: Project
    sender: Sender


@pytest.fixture(scope="module")
def started_house() -> Iterator[House]:
    project = Project()
    with running_inspector(project=project) as inspector:
        sender = Sender(inspector.url)
        yield House(inspector, project, sender)
        sender.close()


@pytest.fixture
def house(started_house: House) -> House:
    started_house.project.settings = ProjectSettings()
    started_house.project.disabled.clear()
    started_house.inspector.reset()
    return started_house
