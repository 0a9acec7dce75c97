"""The journal's folder: bounded, private, safe to share, and unable to break the product."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from pathlib import Path

import pytest

from otel.delivery.journal import Journal, backlog
from otel.inspector.running import RunningInspector
from tests.otel.journal.conftest import MakePipeline
from tests.otel.journal.journaling import NOWHERE, files, numbers, once


def test_an_event_is_on_disk_once_its_span_has_ended(make_pipeline: MakePipeline, folder: Path) -> None:
    pipeline = make_pipeline(NOWHERE)
    pipeline.ship(7)
    (path,) = files(folder)
    assert b'"number":7' in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_delivered_events_are_deleted_from_disk(
    inspector: RunningInspector, make_pipeline: MakePipeline, folder: Path
) -> None:
    pipeline = make_pipeline(inspector.url)
    pipeline.ship(*range(10))
    assert pipeline.processor.force_flush()
    assert [path.stat().st_size for path in files(folder)] == [0]
    pipeline.ship(10)
    assert backlog(folder).events == 1
    pipeline.end()
    assert numbers(inspector) == once(*range(11))
    assert files(folder) == []


def test_a_segment_that_another_process_uses_is_not_adopted(
    inspector: RunningInspector, make_pipeline: MakePipeline, folder: Path
) -> None:
    other = make_pipeline(NOWHERE)
    other.ship(1)
    make_pipeline(inspector.url).adopt()
    assert numbers(inspector) == once()
    assert backlog(folder).events == 1


def test_processes_that_adopt_concurrently_deliver_each_segment_once(
    inspector: RunningInspector, make_pipeline: MakePipeline, folder: Path
) -> None:
    for number in range(20):
        first = make_pipeline(NOWHERE)
        first.ship(number)
        first.end()
    adopters = [make_pipeline(inspector.url) for _ in range(4)]
    threads = [threading.Thread(target=adopter.adopt) for adopter in adopters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers(inspector) == once(*range(20))
    assert inspector.all()["duplicates"] == 0
    assert files(folder) == []


def test_a_truncated_line_is_skipped(
    inspector: RunningInspector, make_pipeline: MakePipeline, folder: Path
) -> None:
    first = make_pipeline(NOWHERE)
    first.ship(1, 2)
    first.end()
    (path,) = files(folder)
    path.write_bytes(path.read_bytes()[:-5])
    make_pipeline(inspector.url).adopt()
    assert numbers(inspector) == once(1)
    assert files(folder) == []


def test_lines_of_another_version_stay_and_block_nothing(
    inspector: RunningInspector,
    make_pipeline: MakePipeline,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = make_pipeline(NOWHERE)
    first.ship(1)
    first.end()
    (path,) = files(folder)
    strange = b'{"version":9}\n' + b"[" * 100_000 + b"\n\xff\xfe\n"
    path.write_bytes(strange + path.read_bytes())
    pipeline = make_pipeline(inspector.url)
    with caplog.at_level(logging.WARNING, "otel.delivery"):
        pipeline.adopt()
        pipeline.adopt()
    assert numbers(inspector) == once(1)
    assert path.read_bytes().startswith(strange)
    assert [path.name in line for line in caplog.messages].count(True) == 1
    make_pipeline(inspector.url).adopt()
    assert inspector.all()["duplicates"] == 0


def test_foreign_files_are_left_alone_and_logged(
    inspector: RunningInspector,
    make_pipeline: MakePipeline,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder.mkdir()
    (folder / "notes.txt").write_text("a foreign file")
    lookalike = folder / f"{1:020}-1-00000000.journal"
    lookalike.mkdir()
    with caplog.at_level(logging.WARNING, "otel.delivery"):
        pipeline = make_pipeline(inspector.url)
        pipeline.ship(1)
        pipeline.adopt()
        pipeline.end()
    assert files(folder) == [lookalike, folder / "notes.txt"]
    assert (folder / "notes.txt").read_text() == "a foreign file"
    assert "notes.txt" in caplog.text
    assert lookalike.name in caplog.text
    assert numbers(inspector) == once(1)


def test_a_folder_that_cannot_be_created_is_logged_once_and_loses_nothing(
    inspector: RunningInspector,
    make_pipeline: MakePipeline,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder.write_text("a file in place of the folder")
    with caplog.at_level(logging.WARNING, "otel.delivery"):
        pipeline = make_pipeline(inspector.url)
        pipeline.ship(*range(5))
        pipeline.end()
    assert numbers(inspector) == once(*range(5))
    assert caplog.text.count("cannot be written") == 1
    assert pipeline.counters.totals() == {"delivered": 5}


def test_a_deleted_folder_is_created_again(
    inspector: RunningInspector, make_pipeline: MakePipeline, folder: Path
) -> None:
    pipeline = make_pipeline(inspector.url)
    pipeline.ship(1)
    for path in files(folder):
        path.unlink()
    folder.rmdir()
    pipeline.ship(2)
    assert pipeline.processor.force_flush()
    pipeline.end()
    again = make_pipeline(NOWHERE)
    again.ship(3)
    again.end()
    assert numbers(inspector) == once(1, 2)
    assert backlog(folder).events == 1


def test_events_that_do_not_fit_a_full_journal_are_delivered_without_it(
    inspector: RunningInspector, make_pipeline: MakePipeline, folder: Path
) -> None:
    pipeline = make_pipeline(inspector.url)
    assert pipeline.exporter.journal is not None
    journal = Journal(folder, max_bytes=20_000)
    pipeline.exporter.journal = pipeline.processor._journal = journal
    pipeline.ship(*range(300))
    assert 0 < sum(path.stat().st_size for path in files(folder)) <= 20_000
    assert 0 < backlog(folder).events < 300
    assert pipeline.processor.force_flush()
    pipeline.end()
    assert numbers(inspector) == once(*range(300))
    assert files(folder) == []


def test_errors_leave_space_for_events(make_pipeline: MakePipeline, folder: Path) -> None:
    pipeline = make_pipeline(NOWHERE)
    pipeline.exporter.journal = pipeline.processor._journal = Journal(folder, max_bytes=200_000)
    for _ in range(300):
        pipeline.fail("boom")
    assert sum(path.stat().st_size for path in files(folder)) < 110_000
    pipeline.ship(*range(20))
    assert Counter(b'"number"' in line for line in lines(folder))[True] == 20


def test_threads_share_a_segment_without_mixing_lines(
    inspector: RunningInspector, make_pipeline: MakePipeline, folder: Path
) -> None:
    first = make_pipeline(NOWHERE)
    threads = [
        threading.Thread(target=first.ship, args=range(start, start + 100)) for start in range(0, 800, 100)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first.end()
    make_pipeline(inspector.url).adopt()
    assert numbers(inspector) == once(*range(800))


def test_full_segments_are_deleted_once_delivered(
    inspector: RunningInspector, make_pipeline: MakePipeline, folder: Path
) -> None:
    pipeline = make_pipeline(inspector.url)
    pipeline.exporter.journal = pipeline.processor._journal = Journal(folder, max_bytes=1_280_000)
    pipeline.ship(*range(200))
    assert len(files(folder)) > 3
    assert pipeline.processor.force_flush()
    assert len(files(folder)) <= 1
    pipeline.end()
    assert files(folder) == []
    assert numbers(inspector) == once(*range(200))


def lines(folder: Path) -> list[bytes]:
    return [line for path in files(folder) for line in path.read_bytes().splitlines()]
