"""Events that are at least 48 hours old are marked as a historical migration, as PostHog asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel.delivery.http.client import Undelivered
from otel.delivery.posthog._late import migration, parts_by_age
from otel.envelope import Capture
from otel.inspector.running import RunningInspector
from otel.reasons import Reason
from tests.otel.delivery.conftest import FakeClock, MakeDelivery, captures
from tests.otel.delivery.scripted import Asked, Scripted, Step

MODES = pytest.mark.parametrize("mode", ["v0", "v1"])
NOW = 1_795_395_600.0  # 2026-11-23T01:00:00Z, where the fake clock starts
AT_48_HOURS = "2026-11-21T01:00:00.000000Z"
AFTER_48_HOURS = "2026-11-21T01:00:00.000001Z"


def aged(*timestamps: str) -> list[Capture]:
    """Return one capture for each time, named by its position."""
    batch = captures(*map(str, range(len(timestamps))))
    for capture, timestamp in zip(batch, timestamps, strict=True):
        capture.timestamp = timestamp
    return batch


def ok(asked: Asked) -> Step:
    """Accept each event; v0 accepts this response, too."""
    return Step(body=orjson.dumps({"results": {one["uuid"]: {"result": "ok"} for one in batch(asked)}}))


def batch(asked: Asked) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asked.json["batch"]
    return found


def flags(server: Scripted) -> list[tuple[list[str], bool | None]]:
    return [(asked.events, asked.json.get("historical_migration")) for asked in server.asked]


@MODES
def test_late_events_are_sent_in_a_separate_request(
    mode: str, server: Scripted, make_delivery: MakeDelivery
) -> None:
    server.respond = ok
    mixed = aged(AT_48_HOURS, AFTER_48_HOURS, "2020-01-01T00:00:00.000000Z", "2026-11-23T00:59:59.000000Z")
    assert make_delivery(server.url, mode=mode).deliver(mixed) == ()
    assert flags(server) == [(["1", "3"], None), (["0", "2"], True)]


@MODES
@pytest.mark.parametrize(("timestamp", "flag"), [(AT_48_HOURS, True), (AFTER_48_HOURS, None)])
def test_events_of_one_age_share_a_request(
    timestamp: str, flag: bool | None, mode: str, server: Scripted, make_delivery: MakeDelivery
) -> None:
    server.respond = ok
    make_delivery(server.url, mode=mode).deliver(aged(timestamp, timestamp))
    assert flags(server) == [(["0", "1"], flag)]


@MODES
def test_a_loss_is_reported_by_its_position_in_the_call(
    mode: str, server: Scripted, make_delivery: MakeDelivery
) -> None:
    server.respond = lambda asked: Step(402) if "historical_migration" in asked.json else ok(asked)
    losses = make_delivery(server.url, mode=mode).deliver(aged(AFTER_48_HOURS, AT_48_HOURS, AFTER_48_HOURS))
    assert losses == (Undelivered(1, Reason.OVER_QUOTA, '402 {"status":"Ok"}'),)


@MODES
def test_an_event_that_becomes_late_between_attempts_is_not_marked(
    mode: str, server: Scripted, make_delivery: MakeDelivery
) -> None:
    server.steps.extend([Step(503), Step(503)])
    server.respond = ok
    make_delivery(server.url, mode=mode).deliver(aged("2026-11-21T01:00:00.100000Z"))
    assert flags(server) == [(["0"], None)] * 3
    assert len({asked.raw for asked in server.asked}) == 1


def test_events_that_v1_asks_for_again_are_not_marked(
    server: Scripted, make_delivery: MakeDelivery, clock: FakeClock
) -> None:
    # The fake clock passes the limit in the wait after the first answer; the second leads to a new body.
    growing = aged(*["2026-11-21T01:00:00.100000Z"] * 3)
    for retried in (growing[1:], growing[2:]):
        results = {one.uuid: {"result": "retry" if one in retried else "ok"} for one in growing}
        server.steps.append(Step(body=orjson.dumps({"results": results})))
    server.respond = ok
    assert make_delivery(server.url, mode="v1").deliver(growing) == ()
    assert clock.waits == [0.5, 1.0]
    assert flags(server) == [(["0", "1", "2"], None), (["1", "2"], None), (["2"], None)]
    assert len({asked.json["created_at"] for asked in server.asked}) == 1


@MODES
def test_halves_of_a_batch_that_becomes_late_between_attempts_are_not_marked(
    mode: str, server: Scripted, make_delivery: MakeDelivery
) -> None:
    server.steps.extend([Step(503), Step(400)])
    server.respond = ok
    growing = aged("2026-11-21T01:00:00.100000Z", "2026-11-21T01:00:00.100000Z")
    assert make_delivery(server.url, mode=mode).deliver(growing) == ()
    assert flags(server)[2:] == [(["0"], None), (["1"], None)]


@MODES
def test_halves_of_a_late_batch_are_marked(mode: str, server: Scripted, make_delivery: MakeDelivery) -> None:
    server.respond = lambda asked: Step(400) if len(batch(asked)) > 1 else ok(asked)
    assert make_delivery(server.url, mode=mode).deliver(aged(AT_48_HOURS, AT_48_HOURS)) == ()
    assert flags(server) == [(["0", "1"], True), (["0"], True), (["1"], True)]


@MODES
def test_the_inspector_accepts_late_events(
    mode: str, inspector: RunningInspector, make_delivery: MakeDelivery
) -> None:
    make_delivery(inspector.url, mode=mode).deliver(aged(AT_48_HOURS, AFTER_48_HOURS))
    assert sorted(event["event"] for event in inspector.good()) == ["0", "1"]


@given(
    st.lists(st.timedeltas(timedelta(days=-3), timedelta(days=3))), st.timedeltas(timedelta(0), timedelta(9))
)
def test_every_capture_is_in_one_part_whose_flag_matches_its_age(
    ages: list[timedelta], later: timedelta
) -> None:
    now = datetime.fromtimestamp(NOW, UTC) + later
    every = aged(*(f"{now - age:%Y-%m-%dT%H:%M:%S.%f}Z" for age in ages))
    parts = parts_by_age(every, now.timestamp())
    assert sorted(index for part in parts for index in part) == list(range(len(every)))
    for part in parts:
        is_late = migration([every[index] for index in part], now.timestamp()) != {}
        for index in part:
            # A float represents a time in these years to a quarter of a microsecond.
            assert (ages[index] >= timedelta(days=2)) is is_late or abs(
                ages[index] - timedelta(days=2)
            ) <= timedelta(microseconds=1)
