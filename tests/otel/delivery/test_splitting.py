"""A rejected or oversized event does not affect the other events of its batch."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from otel.delivery.http.client import Undelivered
from otel.envelope import Capture
from otel.inspector.running import RunningInspector
from otel.outcomes.counters import Counters
from otel.outcomes.quarantine import Quarantine
from otel.reasons import Reason
from tests.otel.delivery.conftest import FakeClock, MakeDelivery, captures
from tests.otel.delivery.scripted import Asked, Scripted, Step

KIB = 1024


def stored(inspector: RunningInspector) -> list[str]:
    return [event["event"] for event in inspector.good()]


@pytest.mark.parametrize("poison", [{0}, {511}, {200}, {3, 4, 258, 300, 511}])
def test_refused_events_of_a_batch_are_quarantined_and_the_others_delivered_in_order(
    poison: set[int],
    inspector: RunningInspector,
    make_delivery: MakeDelivery,
    counters: Counters,
    tmp_path: Path,
) -> None:
    inspector.fail(status=400, events=["poison"], count=10_000, body="event is no good")
    batch = captures(*("poison" if number in poison else f"event {number}" for number in range(512)))
    quarantine = Quarantine(tmp_path)
    losses = make_delivery(inspector.url, quarantine=quarantine).deliver(batch)
    assert losses == tuple(
        Undelivered(index, Reason.REFUSED, "400 event is no good") for index in sorted(poison)
    )
    assert stored(inspector) == [f"event {number}" for number in range(512) if number not in poison]
    assert [entry.item for entry in quarantine.entries()] == [batch[index] for index in sorted(poison)]
    assert counters.totals() == {"delivered": 512 - len(poison), "refused": len(poison)}


def test_a_batch_refused_with_413_is_halved_until_it_fits(
    server: Scripted, make_delivery: MakeDelivery
) -> None:
    server.respond = lambda asked: Step(413 if len(asked.events) > 3 else 200)
    names = [str(number) for number in range(10)]
    assert make_delivery(server.url).deliver(captures(*names)) == ()
    assert [len(asked.events) for asked in server.asked] == [10, 5, 2, 3, 5, 2, 3]
    assert [name for asked in server.asked if len(asked.events) <= 3 for name in asked.events] == names


def test_an_event_refused_with_413_alone_is_too_large(server: Scripted, make_delivery: MakeDelivery) -> None:
    server.respond = lambda asked: Step(413 if "fat" in asked.events else 200)
    losses = make_delivery(server.url).deliver(captures("a", "fat", "b"))
    assert [(loss.index, loss.reason) for loss in losses] == [(1, Reason.TOO_LARGE)]
    assert [asked.events for asked in server.asked] == [
        ["a", "fat", "b"],
        ["a"],
        ["fat", "b"],
        ["fat"],
        ["b"],
    ]


def test_an_event_over_900_kib_is_lost_before_it_is_sent(
    inspector: RunningInspector, make_delivery: MakeDelivery, tmp_path: Path
) -> None:
    batch = captures("a", "fat", "b")
    batch[1].properties["text"] = "x" * 901 * KIB
    quarantine = Quarantine(tmp_path)
    (loss,) = make_delivery(inspector.url, quarantine=quarantine).deliver(batch)
    assert (loss.index, loss.reason) == (1, Reason.TOO_LARGE)
    assert stored(inspector) == ["a", "b"]
    assert [entry.item for entry in quarantine.entries()] == [batch[1]]


def test_a_batch_over_5_mib_compressed_is_sent_in_parts(
    inspector: RunningInspector, make_delivery: MakeDelivery
) -> None:
    batch = captures(*"abcdefghijklmnop")
    for number, capture in enumerate(batch):
        capture.properties["noise"] = random.Random(number).randbytes(400 * KIB).hex()
    assert make_delivery(inspector.url).deliver(batch) == ()
    assert stored(inspector) == list("abcdefghijklmnop")
    requests = inspector.requests()
    assert len(requests) > 1
    assert all(request["wire_bytes"] <= 5 * KIB * KIB for request in requests)


def test_a_batch_over_20_mib_is_sent_in_parts(
    inspector: RunningInspector, make_delivery: MakeDelivery
) -> None:
    names = [str(number) for number in range(30)]
    batch = captures(*names)
    for capture in batch:
        capture.properties["text"] = "x" * 800 * KIB
    assert make_delivery(inspector.url).deliver(batch) == ()
    assert stored(inspector) == names
    assert [request["events"] for request in inspector.requests()] == [15, 15]


POISON: dict[str, Any] = {
    "bytes": b"\x00",
    "surrogate": "\ud800",
    "integer": 2**70,
    "set": {1},
    "keys": {1: 2},
    "object": object(),
}


@pytest.mark.parametrize("mode", ["v0", "v1"])
@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
def test_a_capture_that_cannot_be_serialized_does_not_affect_the_others(
    poison: Any, mode: str, inspector: RunningInspector, make_delivery: MakeDelivery, tmp_path: Path
) -> None:
    batch = captures("a", "poison", "b")
    batch[1].properties["value"] = poison
    quarantine = Quarantine(tmp_path)
    (loss,) = make_delivery(inspector.url, mode=mode, quarantine=quarantine).deliver(batch)
    assert (loss.index, loss.reason) == (1, Reason.MAPPING_FAILED)
    assert stored(inspector) == ["a", "b"]
    assert [entry.rejection.reason for entry in quarantine.entries()] == [Reason.MAPPING_FAILED]


def test_a_cyclic_capture_does_not_affect_the_others(
    inspector: RunningInspector, make_delivery: MakeDelivery
) -> None:
    batch = captures("a", "poison", "b")
    batch[1].properties["self"] = batch[1].properties
    losses = make_delivery(inspector.url).deliver(batch)
    assert [(loss.index, loss.reason) for loss in losses] == [(1, Reason.MAPPING_FAILED)]
    assert stored(inspector) == ["a", "b"]


def test_a_batch_without_a_serializable_capture_sends_nothing(
    server: Scripted, make_delivery: MakeDelivery
) -> None:
    poisoned = Capture("a", "u", "id", "now", {"value": object()})
    assert len(make_delivery(server.url).deliver([poisoned, poisoned])) == 2
    assert server.asked == []


def test_when_time_runs_out_between_parts_each_event_still_has_one_outcome(
    server: Scripted, make_delivery: MakeDelivery, clock: FakeClock
) -> None:
    def respond(asked: Asked) -> Step:
        if len(asked.events) > 2:
            return Step(413)
        return Step(200 if "0" in asked.events else 503)

    server.respond = respond
    losses = make_delivery(server.url, timeout=10).deliver(captures(*map(str, range(8))))
    assert [loss.index for loss in losses] == [2, 3, 4, 5, 6, 7]
    assert {loss.reason for loss in losses} == {Reason.UNDELIVERED}
    assert clock.now <= 1_010
