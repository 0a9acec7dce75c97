"""The stored time of an event, and the detection of repeats (`wire.md` sections 1.6 and 1.7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from otel.inspector import RunningInspector
from tests.inspector.sending import Sender, batch, event


def _stored(inspector: RunningInspector) -> tuple[datetime, datetime]:
    [capture] = inspector.good()
    return (datetime.fromisoformat(capture["timestamp"]), datetime.fromisoformat(capture["received_at"]))


@pytest.mark.parametrize(
    "sent",
    [
        "2026-01-02T03:04:05.678901Z",
        "2026-01-02T03:04:05.678901+00:00",
        "2026-01-02T04:04:05.678901+01:00",
        "2026-01-02T03:04:05.678901",
        "2026-01-02 03:04:05.678901Z",
    ],
)
def test_a_time_is_stored_in_utc(inspector: RunningInspector, sender: Sender, sent: str) -> None:
    sender.post(batch(event(timestamp=sent)))
    assert [one["timestamp"] for one in inspector.good()] == ["2026-01-02T03:04:05.678901Z"]


@pytest.mark.parametrize("sent", ["yesterday", "", "2026-13-01T00:00:00Z"])
def test_an_unreadable_time_becomes_now(inspector: RunningInspector, sender: Sender, sent: str) -> None:
    sender.post(batch(event(timestamp=sent)))
    time, received = _stored(inspector)
    assert time == received
    assert inspector.warnings() == []


def test_a_missing_time_becomes_now(inspector: RunningInspector, sender: Sender) -> None:
    sender.post(batch(event(timestamp=None)))
    time, received = _stored(inspector)
    assert time == received
    assert inspector.warnings() == []


@pytest.mark.parametrize("hours", [22, 24])
def test_a_time_more_than_23_hours_ahead_becomes_now(
    inspector: RunningInspector, sender: Sender, hours: int
) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=hours)
    sender.post(batch(event(timestamp=ahead.isoformat())))
    time, received = _stored(inspector)
    assert (time == ahead, time == received) == (hours == 22, hours == 24)


def test_the_skew_of_the_clients_clock_is_corrected(inspector: RunningInspector, sender: Sender) -> None:
    sent = batch(event(timestamp="2020-01-01T00:00:00Z"), sent_at="2020-01-01T00:00:10Z")
    sender.post(sent)
    time, received = _stored(inspector)
    assert received - time == timedelta(seconds=10)


def test_the_query_may_have_the_time_of_sending(inspector: RunningInspector, sender: Sender) -> None:
    sent_at = datetime(2021, 1, 1, 0, 0, 10, tzinfo=UTC).timestamp() * 1000
    sender.post(batch(event(timestamp="2021-01-01T00:00:00Z")), f"/e/?_={sent_at:.0f}")
    time, received = _stored(inspector)
    assert received - time == timedelta(seconds=10)


@pytest.mark.parametrize("sent_at", ["1767323055", "1577836800000", "soon", "9" * 30])
def test_a_query_without_a_recent_time_in_milliseconds_is_ignored(
    inspector: RunningInspector, sender: Sender, sent_at: str
) -> None:
    sender.post(batch(event(timestamp="2021-01-01T00:00:00Z")), f"/e/?_={sent_at}")
    assert [one["timestamp"] for one in inspector.good()] == ["2021-01-01T00:00:00.000000Z"]


@pytest.mark.parametrize("sent_at", ["2020-01-01T00:00:10", "soon", ""])
def test_a_time_of_sending_without_an_offset_is_ignored(
    inspector: RunningInspector, sender: Sender, sent_at: str
) -> None:
    sender.post(batch(event(timestamp="2020-01-01T00:00:00Z"), sent_at=sent_at))
    assert [one["timestamp"] for one in inspector.good()] == ["2020-01-01T00:00:00.000000Z"]


def test_an_event_may_disable_the_correction(inspector: RunningInspector, sender: Sender) -> None:
    one = event(timestamp="2020-01-01T00:00:00Z", properties={"$ignore_sent_at": True})
    sender.post(batch(one, sent_at="2020-01-01T00:00:10Z"))
    assert [capture["timestamp"] for capture in inspector.good()] == ["2020-01-01T00:00:00.000000Z"]


def test_an_offset_wins_over_the_time(inspector: RunningInspector, sender: Sender) -> None:
    sender.post(batch(event(offset=1500)))
    time, received = _stored(inspector)
    assert received - time == timedelta(milliseconds=1500)


def test_an_offset_beyond_the_calendar_becomes_the_epoch(inspector: RunningInspector, sender: Sender) -> None:
    assert sender.post(batch(event(offset=2**62))).status == 200
    assert [one["timestamp"] for one in inspector.good()] == ["1970-01-01T00:00:00.000000Z"]


def test_the_same_event_twice_is_kept_once_and_counted(inspector: RunningInspector, sender: Sender) -> None:
    one = event()
    sender.post(batch(one, one))
    sender.post_gzip(batch(one), "/e/")
    assert [capture["deliveries"] for capture in inspector.good()] == [3]
    counts = inspector.all()
    assert [counts[name] for name in ("total", "good", "bad", "duplicates")] == [3, 1, 0, 2]


@pytest.mark.parametrize(
    ("change", "is_repeat"),
    [
        ({"event": "other"}, False),
        ({"distinct_id": "u2"}, False),
        ({"uuid": "0190f5b0-0000-7000-8000-000000000000"}, False),
        ({"timestamp": "2026-01-03T03:04:05.678901Z"}, False),
        ({"timestamp": "2026-01-02T23:59:59Z"}, True),
        ({"properties": {"other": 1}}, True),
    ],
)
def test_a_repeat_has_the_same_uuid_name_person_and_day(
    inspector: RunningInspector, sender: Sender, change: dict[str, Any], is_repeat: bool
) -> None:
    one = event()
    sender.post(batch(one))
    sender.post(batch(one | change))
    assert len(inspector.good()) == (1 if is_repeat else 2)
