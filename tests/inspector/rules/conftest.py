"""An inspector whose project a test can read and change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from otel.inspector import RunningInspector, running_inspector
from otel.inspector.rules import Project, ProjectSettings
from tests.inspector.sending import Sender


@dataclass(frozen=True)
class Harness:
    """An inspector, its project, and a sender."""

    inspector: RunningInspector
    project: Project
    sender: Sender


@pytest.fixture(scope="module")
def started_harness() -> Iterator[Harness]:
    project = Project()
    with running_inspector(project=project) as inspector:
        sender = Sender(inspector.url)
        yield Harness(inspector, project, sender)
        sender.close()


@pytest.fixture
def harness(started_harness: Harness) -> Harness:
    started_harness.project.settings = ProjectSettings()
    started_harness.project.disabled.clear()
    started_harness.inspector.reset()
    return started_harness
