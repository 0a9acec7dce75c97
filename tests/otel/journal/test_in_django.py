"""The journal's setting, its line in the doctor's output, and the check of its folder."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command

from otel import pipeline
from otel.settings import Settings
from tests.otel.journal.conftest import MakePipeline
from tests.otel.journal.journaling import NOWHERE

Install = Callable[[Path], None]


@pytest.fixture
def install() -> Iterator[Install]:
    """Install a pipeline with a journal for the test, and reinstall the previous one afterwards."""
    before = pipeline.running()
    assert before is not None
    with ExitStack() as stack:

        def install(folder: Path) -> None:
            stack.callback(pipeline.reinstall, before)
            pipeline.install(Settings(api_key="phc_test", host=NOWHERE, journal=folder, flush_timeout=0.3))

        yield install


def doctor() -> str:
    out = io.StringIO()
    try:
        call_command("telemetry", "doctor", stdout=out)
    except CommandError as error:
        out.write(str(error))
    return out.getvalue()


def test_a_variable_sets_the_folder() -> None:
    assert Settings.from_environ({"POSTHOG_JOURNAL": "/var/lib/j"}) == Settings(journal=Path("/var/lib/j"))
    assert Settings.from_environ({}).journal is None


def test_the_doctor_reports_undelivered_events_and_their_age(
    install: Install, make_pipeline: MakePipeline, folder: Path
) -> None:
    assert "journal          off" in doctor()
    install(folder)
    assert f"journal          {folder}: empty" in doctor()
    other = make_pipeline(NOWHERE)
    other.ship(1, 2)
    other.fail("boom")
    assert f"{folder} (undelivered events: 3, oldest: 0 s)" in doctor()


def test_an_unwritable_folder_is_a_warning(install: Install, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    install(file / "journal")
    (found,) = [message for message in run_checks(tags=["otel"]) if message.id == "otel.W105"]
    assert found.hint
    assert "otel.W105" in doctor()
    install(tmp_path / "to" / "be" / "made")
    assert not [message for message in run_checks(tags=["otel"]) if message.id == "otel.W105"]
