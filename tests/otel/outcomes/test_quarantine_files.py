"""The quarantine's files: when one is started, how large it becomes, and when it is deleted."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from otel.envelope import Capture, Envelope, Rejection
from otel.outcomes import Quarantine
from otel.reasons import Reason
from tests.otel.delivery.conftest import captures
from tests.otel.delivery.test_quarantine import NOW, REFUSED, Wall, files, items

MINUTES = 60
# A line of this event, with its line feed.
(EVENT,) = captures("event")


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def line(tmp_path: Path, wall: Wall) -> int:
    """Return the size of the event's line."""
    Quarantine(tmp_path / "measured", wall=wall).add([(EVENT, REFUSED)])
    return files(tmp_path / "measured")[0].stat().st_size


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "to" / "quarantine"


def test_a_file_holds_whole_lines_and_nothing_else(folder: Path, wall: Wall, line: int) -> None:
    quarantine = Quarantine(folder, wall=wall)
    for _ in range(3):
        quarantine.add([(EVENT, REFUSED)])
    (file,) = files(folder)
    assert file.stat().st_size == 3 * line
    assert file.read_bytes().count(b"\n") == 3
    assert (stat.S_IMODE(folder.stat().st_mode), stat.S_IMODE(file.stat().st_mode)) == (0o700, 0o600)


def test_a_file_begins_every_ten_minutes_and_is_named_after_its_time(folder: Path, wall: Wall) -> None:
    quarantine = Quarantine(folder, wall=wall)
    for passed in (0, 10 * MINUTES - 1, 10 * MINUTES, 20 * MINUTES - 1):
        wall.now = NOW + passed
        quarantine.add([(EVENT, REFUSED)])
    assert [int(path.name[:20]) for path in files(folder)] == [
        int(NOW) * 10**9,
        (int(NOW) + 10 * MINUTES) * 10**9,
    ]
    assert [entry.time for entry in quarantine.entries()] == [
        NOW,
        NOW + 10 * MINUTES - 1,
        NOW + 10 * MINUTES,
        NOW + 20 * MINUTES - 1,
    ]


def test_a_file_that_was_emptied_is_deleted_when_nobody_can_write_to_it(folder: Path, wall: Wall) -> None:
    quarantine = Quarantine(folder, wall=wall)
    quarantine.add([(EVENT, REFUSED)])
    quarantine.remove(quarantine.entries())
    wall.now = NOW + 20 * MINUTES
    quarantine.remove([])
    assert len(files(folder)) == 1
    wall.now = NOW + 20 * MINUTES + 1
    quarantine.remove([])
    assert files(folder) == []


def test_a_file_that_has_an_event_is_not_deleted(folder: Path, wall: Wall) -> None:
    quarantine = Quarantine(folder, wall=wall)
    quarantine.add([(EVENT, REFUSED)])
    wall.now += 60 * MINUTES
    quarantine.remove([])
    assert items(quarantine) == [EVENT]


def test_a_file_has_a_sixteenth_of_the_space(folder: Path, wall: Wall, line: int) -> None:
    quarantine = Quarantine(folder, max_bytes=16 * 2 * line, wall=wall)
    for _ in range(5):
        quarantine.add([(EVENT, REFUSED)])
    assert [path.stat().st_size for path in files(folder)] == [2 * line, 2 * line, line]


def test_all_of_the_space_is_used_before_the_oldest_file_is_dropped(
    folder: Path, wall: Wall, line: int, caplog: pytest.LogCaptureFixture
) -> None:
    quarantine = Quarantine(folder, max_bytes=16 * line, wall=wall)
    for _ in range(16):
        quarantine.add([(EVENT, REFUSED)])
    assert (len(files(folder)), caplog.messages) == (16, [])
    oldest, second, *_ = files(folder)
    quarantine.add([(EVENT, REFUSED)])
    assert len(files(folder)) == 16
    assert not oldest.exists()
    assert second.exists()
    assert caplog.messages == ["the quarantine is full: its oldest events are dropped"]


def test_an_event_that_just_fits_a_file_is_stored(
    folder: Path, wall: Wall, line: int, caplog: pytest.LogCaptureFixture
) -> None:
    Quarantine(folder, max_bytes=16 * line, wall=wall).add([(EVENT, REFUSED)])
    assert len(files(folder)) == 1
    Quarantine(folder, max_bytes=16 * line - 1, wall=wall).add([(EVENT, REFUSED)])
    assert len(files(folder)) == 1
    assert caplog.messages == [f"a rejected event of {line} bytes is too large for the quarantine"]


def test_an_entry_that_changed_since_it_was_read_stays(folder: Path, wall: Wall) -> None:
    quarantine = Quarantine(folder, wall=wall)
    first, second = captures("first", "second")
    quarantine.add([(first, REFUSED)])
    (entry,) = quarantine.entries()
    (file,) = files(folder)
    file.unlink()
    quarantine.add([(second, REFUSED)])
    before = file.read_bytes()
    quarantine.remove([entry])
    assert file.read_bytes() == before


@pytest.mark.parametrize("item", [Envelope("parcel_shipped", {}, 7), Capture("x", "u", "id", "t", {})])
def test_an_envelope_stays_an_envelope_and_a_capture_a_capture(
    item: Envelope | Capture, folder: Path, wall: Wall
) -> None:
    quarantine = Quarantine(folder, wall=wall)
    quarantine.add([(item, Rejection(Reason.WRONG_TYPE, "detail"))])
    (entry,) = quarantine.entries()
    assert (entry.item, entry.rejection, entry.time) == (item, Rejection(Reason.WRONG_TYPE, "detail"), NOW)


class Rival:
    """A wall clock that deletes the oldest file when it is asked, as another process might."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.deleted: list[Path] = []

    def __call__(self) -> float:
        for path in files(self._folder)[:1]:
            path.unlink()
            self.deleted.append(path)
        return NOW + 60 * MINUTES


def test_a_file_that_another_process_drops_first_costs_no_event(
    folder: Path, wall: Wall, line: int, caplog: pytest.LogCaptureFixture
) -> None:
    full = Quarantine(folder, max_bytes=32 * line, wall=wall)
    for _ in range(20):
        full.add([(EVENT, REFUSED)])
        wall.now += 10 * MINUTES
    rival = Rival(folder)
    Quarantine(folder, max_bytes=16 * line, wall=rival).add([(EVENT, REFUSED)])
    assert len(rival.deleted) >= 1
    assert not [message for message in caplog.messages if "cannot" in message]
    assert len(files(folder)) == 16


def test_a_file_that_another_process_deletes_first_is_no_error(folder: Path, wall: Wall) -> None:
    quarantine = Quarantine(folder, wall=wall)
    quarantine.add([(EVENT, REFUSED)])
    rival = Rival(folder)
    Quarantine(folder, wall=rival).remove([])
    assert len(rival.deleted) == 1


@pytest.mark.parametrize("lines", [1, 7, 1_000])
def test_many_events_fill_one_file_after_the_other(folder: Path, line: int, lines: int) -> None:
    batch = captures(*(f"event-{number:03}" for number in range(60)))
    size = lines * (line + 10)  # a longer name, and numbers of two digits
    quarantine = Quarantine(folder, max_bytes=16 * size, wall=Wall())
    quarantine.add((capture, REFUSED) for capture in batch)
    assert items(quarantine) == batch[-16 * lines :]
    assert all(path.stat().st_size <= size for path in files(folder))


def test_an_event_that_cannot_be_written_does_not_cost_the_others(folder: Path) -> None:
    (first, fat, last) = captures("first", "fat", "last")
    fat.properties["text"] = "x" * 2_000
    unwritable = Capture("unwritable", "u", "id", "t", _Unwritable())
    quarantine = Quarantine(folder, max_bytes=16 * 1_000)
    quarantine.add((one, REFUSED) for one in (first, fat, unwritable, last))
    assert items(quarantine) == [first, last]


class _Unwritable(dict[str, object]):
    def items(self) -> Any:
        raise RuntimeError
