"""The time formats that v0 reads, and those that capture v1 also accepts (TI-1, TI-4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel.inspector import RunningInspector
from tests.inspector.sending import Sender, batch, batch_v1, event

# Most are examples from PostHog's timestamp.rs, and from the tests of its parsers, dateparser and chrono.
SPELLINGS = {
    "1511648546": "2017-11-25T22:22:26.000000Z",
    "1620021848429": "2021-05-03T06:04:08.429000Z",
    "1620024872717915000": "2021-05-03T06:54:32.717915Z",
    "2025-09-17T14:05:04.805+03": "2025-09-17T11:05:04.805000Z",
    "2025-09-17T14:05:04.805-05": "2025-09-17T19:05:04.805000Z",
    "2025-09-17T14:05:04.8051234567Z": "2025-09-17T14:05:04.805123Z",
    "2025-09-17t14:05:04z": "2025-09-17T14:05:04.000000Z",
    "2025-09-17 14:05:04-08:00": "2025-09-17T22:05:04.000000Z",
    "2025-09-17T23:59:60Z": "2025-09-18T00:00:00.000000Z",
    "2023-01-01T12:00:00": "2023-01-01T12:00:00.000000Z",
    "20230101T120000": "2023-01-01T12:00:00.000000Z",
    "2021-04-30 21:14": "2021-04-30T21:14:00.000000Z",
    "2021-04-30 21:14:10.052282": "2021-04-30T21:14:10.052282Z",
    "2019-11-29 08:08:05-08": "2019-11-29T16:08:05.000000Z",
    "2014-04-26 13:13:43 +0800": "2014-04-26T05:13:43.000000Z",
    "Wed, 02 Jun 2021 06:31:39 GMT": "2021-06-02T06:31:39.000000Z",
    "Wed, 02 Jun 2021 06:31:39 PDT": "2021-06-02T13:31:39.000000Z",
    "Tue, 1 Jul 2003 10:52:37 +0200": "2003-07-01T08:52:37.000000Z",
    "2014/4/8 22:05": "2014-04-08T22:05:00.000000Z",
    "2012/03/19 10:11:59.3186369": "2012-03-19T10:11:59.318636Z",
    "03/19/2012 10:11:59": "2012-03-19T10:11:59.000000Z",
    "0000-01-01T00:00:00Z": "1970-01-01T00:00:00.000000Z",
}


@pytest.mark.parametrize("sent", SPELLINGS)
def test_v0_reads_a_time_spelled_as(inspector: RunningInspector, sender: Sender, sent: str) -> None:
    sender.post(batch(event(timestamp=sent)))
    assert [one["timestamp"] for one in inspector.good()] == [SPELLINGS[sent]]


@pytest.mark.parametrize("sent", ["2021-02-21", "2014/3/31", "3/31/2014"])
def test_a_date_without_a_time_gets_the_time_of_day_of_its_arrival(
    inspector: RunningInspector, sender: Sender, sent: str
) -> None:
    sender.post(batch(event(timestamp=sent)))
    [capture] = inspector.good()
    assert capture["timestamp"][:4] == max(sent.split("-") + sent.split("/"), key=lambda part: len(part) == 4)
    assert capture["timestamp"][11:] == capture["received_at"][11:]


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "15116",
        "15116485461",
        "20261130T100000Z",
        "2026-W05-1",
        "2026-02-30T00:00:00Z",
        "30/30/2026",
        "٢" * 10,
    ],
)
def test_v0_replaces_an_unreadable_time_with_the_time_of_arrival(
    inspector: RunningInspector, sender: Sender, sent: str
) -> None:
    sender.post(batch(event(timestamp=sent)))
    [capture] = inspector.good()
    assert capture["timestamp"] == capture["received_at"]


@pytest.mark.parametrize("sent", SPELLINGS)
def test_capture_v1_accepts_only_rfc_3339(inspector: RunningInspector, sender: Sender, sent: str) -> None:
    is_rfc_3339 = ("T" in sent.upper() and sent[-1] in "Zz") or sent.endswith("-08:00")
    options = {"disable_skew_correction": True}
    sender.post_v1(batch_v1(event(timestamp=sent, options=options)))
    assert len(inspector.good()) == is_rfc_3339
    assert [one["reason"] for one in inspector.bad()] == ["invalid_event_timestamp"] * (not is_rfc_3339)


TIMES = st.datetimes(datetime(1971, 1, 2), datetime(2026, 1, 1))  # noqa: DTZ001 - hypothesis adds the zone
ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@settings(max_examples=40, deadline=None)
@given(time=TIMES, zone=ZONES)
def test_a_time_in_any_zone_is_stored_alike_over_v0_and_v1(
    started_inspector: RunningInspector, time: datetime, zone: timezone
) -> None:
    started_inspector.reset()
    sender = Sender(started_inspector.url)
    sent = time.replace(tzinfo=zone)
    sender.post(batch(event(timestamp=sent.isoformat())))
    sender.post_v1(batch_v1(event(timestamp=sent.isoformat(), options={"disable_skew_correction": "1"})))
    sender.close()
    expected = sent.astimezone(UTC)
    assert [datetime.fromisoformat(one["timestamp"]) for one in started_inspector.good()] == [expected] * 2


def test_capture_v1_corrects_clock_skew_by_the_time_of_the_attempt(
    inspector: RunningInspector, sender: Sender
) -> None:
    one = event(timestamp="2020-01-01T00:00:00Z", properties={"$ignore_sent_at": True})
    sender.post_v1(batch_v1(one), posthog_request_timestamp="2020-01-01T00:00:10Z")
    [capture] = inspector.good()
    received = datetime.fromisoformat(capture["received_at"])
    assert received - datetime.fromisoformat(capture["timestamp"]) == timedelta(seconds=10)


def test_capture_v1_never_moves_a_time_out_of_the_calendar(
    inspector: RunningInspector, sender: Sender
) -> None:
    early = event("early", timestamp="0001-01-01T00:00:00Z")
    late = event("late", timestamp="9999-12-31T23:59:59-23:59")
    answer = sender.post_v1(batch_v1(early, late), posthog_request_timestamp="9999-12-31T23:59:59Z")
    assert answer.status == 200
    assert len(inspector.good()) == 2
