"""Rejected events are stored complete and within bounds, and can be removed one by one."""

from __future__ import annotations

import math
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel.envelope import Capture, Envelope, Rejection
from otel.outcomes import Ledger
from otel.outcomes.quarantine import Quarantine
from otel.reasons import Reason
from tests.otel.delivery.conftest import captures

REFUSED = Rejection(Reason.REFUSED, "400 no")
NOW = 1_795_395_600.0


class Wall:
    """A wall clock that tests set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def items(quarantine: Quarantine) -> list[Envelope | Capture]:
    return [entry.item for entry in quarantine.entries()]


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_an_envelope_and_a_capture_round_trip_with_reason_and_time(tmp_path: Path) -> None:
    envelope = Envelope(
        name="integration_connected",
        attributes={"provider": "gitlab", "raw": b"\xff", "ratio": math.inf, "many": [1, 2**80]},
        time_unix_nano=1_795_395_600_123_456_789,
        trace_id=2**128 - 1,
        span_id=2**64 - 1,
        ordinal=2,
        span_attributes={"user.id": "7"},
        resource={"service.name": "tformance"},
        is_clock_trusted=False,
    )
    (capture,) = captures("refused")
    capture.is_clock_trusted = False
    quarantine = Quarantine(tmp_path, wall=Wall())
    wrong = Rejection(Reason.WRONG_TYPE, "provider is str")
    quarantine.add([(envelope, wrong)])
    quarantine.add([(capture, REFUSED)])
    first, second = Quarantine(tmp_path).entries()
    assert (first.item, first.rejection, first.time) == (envelope, wrong, NOW)
    assert (second.item, second.rejection, second.time) == (capture, REFUSED, NOW)


def test_entries_of_an_earlier_version_have_a_trusted_clock(tmp_path: Path) -> None:
    (capture,) = captures("refused")
    envelope = Envelope("e", {"n": 1}, 5, trace_id=6, span_id=7)
    Quarantine(tmp_path, wall=Wall()).add([(capture, REFUSED)])
    Quarantine(tmp_path, wall=Wall()).add([(envelope, REFUSED)])
    (file,) = files(tmp_path)
    written = file.read_bytes()
    assert written.count(b', "is_clock_trusted": true') == 2
    file.write_bytes(written.replace(b', "is_clock_trusted": true', b""))
    assert items(Quarantine(tmp_path)) == [capture, envelope]


texts = st.text(st.characters(), max_size=20)
attributes = st.dictionaries(
    texts,
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | texts
    | st.binary()
    | st.lists(texts),
    max_size=4,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=texts, values=attributes, detail=texts)
def test_any_event_round_trips(name: str, values: dict[str, Any], detail: str, tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path)
    quarantine.remove(quarantine.entries())
    envelope = Envelope(name, values, 1, span_attributes=values, resource=values)
    quarantine.add([(envelope, Rejection(Reason.WRONG_TYPE, detail))])
    (entry,) = quarantine.entries()
    assert (entry.item, entry.rejection.detail) == (envelope, detail)


@pytest.mark.parametrize("reason", Reason)
def test_only_events_whose_cause_can_be_fixed_are_quarantined(reason: Reason, tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path)
    Ledger(quarantine=quarantine).undelivered([(captures("a")[0], Rejection(reason))])
    assert len(items(quarantine)) == reason.is_quarantined


def test_only_the_user_can_read_the_quarantine(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "on demand"
    Quarantine(folder).add([(captures("a")[0], REFUSED)])
    (path,) = files(folder)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_missing_folder_has_no_entries(tmp_path: Path) -> None:
    assert items(Quarantine(tmp_path / "none")) == []


def test_a_removed_entry_is_deleted_from_disk_and_the_others_stay(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path)
    batch = captures("alpha", "beta", "gamma")
    for capture in batch:
        quarantine.add([(capture, REFUSED)])
    entries = list(quarantine.entries())
    quarantine.remove([entries[1]])
    assert items(quarantine) == [batch[0], batch[2]]
    assert b"beta" not in b"".join(path.read_bytes() for path in files(tmp_path))
    quarantine.add([(batch[1], REFUSED)])
    assert items(quarantine) == [batch[0], batch[2], batch[1]]
    quarantine.remove(entries)
    assert items(quarantine) == [batch[1]]


def test_a_file_without_entries_is_deleted_once_it_is_no_longer_written_to(tmp_path: Path) -> None:
    wall = Wall()
    quarantine = Quarantine(tmp_path, wall=wall)
    quarantine.add([(captures("a")[0], REFUSED)])
    quarantine.remove(quarantine.entries())
    assert len(files(tmp_path)) == 1
    wall.now += 3_600
    quarantine.remove([])
    assert files(tmp_path) == []


def test_removing_a_missing_entry_is_not_an_error(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path)
    quarantine.add([(captures("a")[0], REFUSED)])
    entries = list(quarantine.entries())
    for path in files(tmp_path):
        path.unlink()
    quarantine.remove(entries)


def test_removing_a_missing_entry_keeps_a_new_one_at_its_position(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, wall=Wall())
    old, new = captures("old", "new")
    quarantine.add([(old, REFUSED)])
    entries = list(quarantine.entries())
    for path in files(tmp_path):
        path.unlink()
    quarantine.add([(new, REFUSED)])
    quarantine.remove(entries)
    assert items(quarantine) == [new]


def test_a_full_quarantine_drops_the_oldest_events(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    limit = 64 * 1024
    quarantine = Quarantine(tmp_path, max_bytes=limit)
    batch = captures(*(str(number) for number in range(1_000)))
    for capture in batch:
        quarantine.add([(capture, REFUSED)])
        assert sum(path.stat().st_size for path in files(tmp_path)) <= limit
    kept = items(quarantine)
    assert kept == batch[-len(kept) :]
    assert len(kept) > 200
    assert [record.getMessage() for record in caplog.records] == [
        "the quarantine is full: its oldest events are dropped"
    ]


def test_a_full_quarantine_drops_the_oldest_events_of_all_threads(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, max_bytes=64 * 1024)
    batch = captures(*(str(number) for number in range(1_000)))
    with ThreadPoolExecutor(2) as pool:
        for index in range(0, 1_000, 100):
            for capture in batch[index : index + 100]:
                pool.submit(quarantine.add, [(capture, REFUSED)]).result()
    kept = [int(item.event) for item in items(quarantine) if isinstance(item, Capture)]
    assert max(kept) == 999
    assert min(kept) > 500


def test_the_order_is_kept_when_the_clock_is_set_back(tmp_path: Path) -> None:
    wall = Wall()
    quarantine = Quarantine(tmp_path, max_bytes=64 * 1024, wall=wall)
    batch = captures(*(str(number) for number in range(60)))
    for capture in batch:
        quarantine.add([(capture, REFUSED)])
        wall.now -= 60
    assert items(quarantine) == batch
    assert len(files(tmp_path)) < 10


def test_an_event_larger_than_a_file_can_be_is_not_stored(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, max_bytes=16 * 1024)
    (capture,) = captures("a")
    quarantine.add([(Capture("fat", "u", "id", "now", {"text": "x" * 2_000}), REFUSED)])
    quarantine.add([(capture, REFUSED)])
    assert items(quarantine) == [capture]


def test_foreign_files_are_neither_read_nor_deleted(tmp_path: Path) -> None:
    (tmp_path / "notes.jsonl").write_text("{}" * 10_000)
    quarantine = Quarantine(tmp_path, max_bytes=16 * 1024)
    for capture in captures(*"abcdefghijklmnopqrstuvwxyz" * 10):
        quarantine.add([(capture, REFUSED)])
    assert (tmp_path / "notes.jsonl").exists()


@pytest.mark.parametrize(
    "torn",
    [
        b'{"reason":"refused","deta',
        b"\x00\xff",
        b'{"reason":"of another version","detail":"","time":1,"capture":{}}\n',
        b"[]\n",
        b'{"$quarantined":[]}\n',
        b"7\n\n   \n",
    ],
)
def test_an_invalid_line_is_skipped_and_the_next_event_starts_a_new_line(torn: bytes, tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, wall=Wall())
    before, after = captures("before", "after")
    quarantine.add([(before, REFUSED)])
    (path,) = files(tmp_path)
    with path.open("ab") as file:
        file.write(torn)
    quarantine.add([(after, REFUSED)])
    assert items(quarantine) == [before, after]
    quarantine.remove(quarantine.entries())
    assert items(quarantine) == []


def test_an_unwritable_folder_is_logged_once_and_raises_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    quarantine = Quarantine(tmp_path / "file" / "folder")
    for capture in captures("a", "b"):
        quarantine.add([(capture, REFUSED)])
    (record,) = caplog.records
    assert record.getMessage() == "rejected events cannot be quarantined: Not a directory"


def test_a_value_whose_own_code_raises_is_logged_and_raises_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(dict[str, Any]):
        def items(self) -> Any:
            raise RuntimeError

    quarantine = Quarantine(tmp_path)
    quarantine.add([(Envelope("a", Broken(), 1), Rejection(Reason.WRONG_TYPE))])
    assert [record.getMessage() for record in caplog.records] == [
        "rejected events cannot be quarantined: RuntimeError"
    ]
