"""PostHog is down, refuses or hangs until the process ends: the next process delivers the events."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from otel import Identity
from otel.delivery.journal import backlog, recovery
from otel.inspector.running import RunningInspector
from otel.outcomes.quarantine import Quarantine
from tests.otel.journal.conftest import MakePipeline
from tests.otel.journal.journaling import NOWHERE, Pipeline, files, numbers, once, until
from tests.otel.shop import ParcelShipped

_FAILURES: dict[str, dict[str, Any]] = {
    "503": {"status": 503},
    "429": {"status": 429, "retry_after": 30},
    "401": {"status": 401},
    "404, as from a host that is not PostHog": {"status": 404},
    "hanging": {"delay": 1},
    "connections closed without an answer": {"drop": True},
    "an answer lost": {"lose_answer": True, "count": 1},
}


@pytest.mark.parametrize("mode", ["v0", "v1"])
@pytest.mark.parametrize("failure", _FAILURES.values(), ids=_FAILURES)
def test_the_next_process_delivers_the_events_of_an_outage_once(
    failure: dict[str, Any],
    mode: str,
    inspector: RunningInspector,
    make_pipeline: MakePipeline,
    folder: Path,
) -> None:
    inspector.fail(**{"count": 1_000, **failure})
    first = make_pipeline(inspector.url, capture_mode=mode)
    first.ship(1, 2, 3)
    first.fail("boom")
    first.end()
    # Three events, and an error with `$exception` and the product's own event.
    assert first.counters.totals() == {"journaled": 5}
    if not failure.get("lose_answer"):
        inspector.reset()
    second = make_pipeline(inspector.url, capture_mode=mode)
    second.adopt()
    assert numbers(inspector) == once(1, 2, 3)
    assert len(inspector.good("$exception")) == len(inspector.good("shop_failed")) == 1
    assert files(folder) == []


def test_a_refused_connection_is_an_outage_too(
    inspector: RunningInspector, make_pipeline: MakePipeline, folder: Path
) -> None:
    first = make_pipeline(NOWHERE)
    first.ship(*range(600))  # more than a batch
    first.end()
    assert first.counters.totals() == {"journaled": 600}
    assert backlog(folder).events == 600
    make_pipeline(inspector.url).adopt()
    assert numbers(inspector) == once(*range(600))
    assert files(folder) == []


def test_the_same_process_delivers_when_the_outage_is_over(
    inspector: RunningInspector,
    make_pipeline: MakePipeline,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recovery, "_FIRST", 0.05)
    monkeypatch.setattr(recovery, "_INTERVAL", 0.05)
    inspector.fail(status=404, count=2)
    pipeline = make_pipeline(inspector.url)
    pipeline.ship(1, 2)
    assert not pipeline.processor.force_flush()
    pipeline.ship(3)
    until(lambda: numbers(inspector) == once(1, 2))
    assert pipeline.processor.force_flush()
    assert numbers(inspector) == once(1, 2, 3)
    pipeline.end()
    assert files(folder) == []
    assert pipeline.counters.totals() == {"delivered": 3, "journaled": 2}


def test_a_refused_event_is_quarantined_and_the_others_arrive(
    inspector: RunningInspector, make_pipeline: MakePipeline, folder: Path, tmp_path: Path
) -> None:
    first = make_pipeline(NOWHERE)
    first.ship(1)
    first.add("order_poisoned", number=2)
    first.ship(3)
    first.end()
    inspector.fail(status=400, events=["order_poisoned"], count=1_000)
    second = make_pipeline(inspector.url, quarantine=tmp_path / "quarantine")
    second.adopt()
    assert numbers(inspector) == once(1, 3)
    assert [kept.item.properties["number"] for kept in Quarantine(tmp_path / "quarantine").entries()] == [2]  # type: ignore[union-attr]  # a capture
    assert files(folder) == []


def test_an_event_that_is_too_large_for_posthog_does_not_block_the_others(
    inspector: RunningInspector, make_pipeline: MakePipeline, folder: Path
) -> None:
    first = make_pipeline(NOWHERE)
    first.ship(1)
    first.add("order_placed")
    first.ship(2)
    first.end()
    inspector.fail(status=413, events=["order_placed"], count=1_000)
    second = make_pipeline(inspector.url)
    second.adopt()
    assert numbers(inspector) == once(1, 2)
    assert second.counters.totals() == {"delivered": 2, "too_large": 1}
    assert files(folder) == []


def test_events_that_a_full_queue_refuses_arrive_later(
    inspector: RunningInspector, make_pipeline: MakePipeline, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "20")
    inspector.fail(delay=1.0, count=1)
    pipeline = make_pipeline(inspector.url, flush_timeout=5.0)
    pipeline.ship(*range(100))
    assert pipeline.counters.totals()["journaled"] > 0
    pipeline.end()
    make_pipeline(inspector.url).adopt()
    assert numbers(inspector) == once(*range(100))
    assert files(folder) == []


def test_an_event_recorded_after_shutdown_waits_for_the_next_process(
    inspector: RunningInspector, make_pipeline: MakePipeline
) -> None:
    first = make_pipeline(inspector.url)
    first.end()
    first.ship(1)
    assert first.counters.totals() == {"journaled": 1}
    assert first.exporter.journal is not None
    first.exporter.journal.close()  # as the end of its process does
    make_pipeline(inspector.url).adopt()
    assert numbers(inspector) == once(1)


def test_an_event_that_is_no_longer_declared_is_rejected(
    inspector: RunningInspector, make_pipeline: MakePipeline, folder: Path
) -> None:
    first = make_pipeline(NOWHERE)
    first.add("order_placed")
    first.ship(1)
    first.end()
    second = make_pipeline(inspector.url, events=())
    second.adopt()
    assert second.counters.totals() == {"delivered": 1, "undeclared": 1}
    assert files(folder) == []


def test_the_sum_over_occurrences_stays_the_number_of_errors(
    inspector: RunningInspector, make_pipeline: MakePipeline, folder: Path, tmp_path: Path
) -> None:
    first = make_pipeline(inspector.url)
    for number in range(12):
        first.fail(f"boom {number}")
    assert first.processor.force_flush()
    assert sum_of_occurrences(inspector) == 12
    # Five are sent in full. Seven are counted in memory when the process is killed; their lines are on disk.
    for number in range(12):
        first.fail(f"boom {number}")
    first.processor._queue._batches.force_flush()
    assert sum_of_occurrences(inspector) == 12 + 5
    crashed = tmp_path / "crashed"
    shutil.copytree(folder, crashed)
    second = make_pipeline(inspector.url, journal=crashed)
    second.adopt()
    second.end()
    assert sum_of_occurrences(inspector) == 24
    assert files(crashed) == []


def sum_of_occurrences(inspector: RunningInspector) -> int:
    return sum(int(one["properties"]["occurrences"]) for one in inspector.good("shop_failed"))


def test_a_waiting_event_keeps_the_release_that_recorded_it(
    inspector: RunningInspector, tmp_path: Path
) -> None:
    before = Pipeline(NOWHERE, tmp_path, release_id="r1")
    before.ship(1)
    before.fail("out of stock")
    before.end()
    now = Pipeline(inspector.url, tmp_path, release_id="r2")
    now.ship(2)
    now.adopt()
    now.end()
    releases = {
        (one["event"], one["properties"].get("number"), one["properties"]["$release_id"])
        for one in inspector.good()
    }
    assert releases == {
        ("parcel_shipped", 1, "r1"),
        ("$exception", None, "r1"),
        ("shop_failed", None, "r1"),
        ("parcel_shipped", 2, "r2"),
    }


def test_a_rejected_event_of_a_span_that_waits_is_counted_once(
    inspector: RunningInspector, make_pipeline: MakePipeline, tmp_path: Path
) -> None:
    quarantine = tmp_path / "quarantine"
    first = make_pipeline(NOWHERE, quarantine=quarantine)
    with first.tracer.start_as_current_span("request") as span:
        span.add_event("parcel_shipped", {"number": 1})
        span.add_event("parcel_shipped", {"number": "two"})
    first.end()
    # Each attempt maps the span again, so only the one that succeeds accounts for the rejected event.
    assert first.counters.totals() == {"journaled": 2}
    still_down = make_pipeline(NOWHERE, quarantine=quarantine)
    still_down.exporter.finish_by(0.0)  # no time for a retry
    still_down.adopt()
    assert still_down.counters.totals() == {}
    second = make_pipeline(inspector.url, quarantine=quarantine)
    second.adopt()
    assert second.counters.totals() == {"delivered": 1, "wrong_type": 1}
    assert len(list(Quarantine(quarantine).entries())) == 1


def test_an_event_whose_person_becomes_known_later_waits_as_this_persons(
    inspector: RunningInspector, make_pipeline: MakePipeline
) -> None:
    first = make_pipeline(NOWHERE)
    with first.tracer.start_as_current_span("request") as span:
        first.recorder.event(ParcelShipped(number=1), None)
        span.set_attribute("user.id", "person-anna")
    first.end()
    make_pipeline(inspector.url).adopt()
    (one,) = inspector.good("parcel_shipped")
    assert one["distinct_id"] == "person-anna"


def test_events_that_differ_only_in_their_position_stay_different_in_the_journal(
    inspector: RunningInspector, make_pipeline: MakePipeline
) -> None:
    first = make_pipeline(NOWHERE)
    now = time.time_ns()
    clock = SimpleNamespace(time_ns=lambda: now)
    with mock.patch("otel.recording._recorder.time", clock), first.tracer.start_as_current_span("request"):
        for _ in range(3):
            first.recorder.event(ParcelShipped(number=1), Identity("person-anna"))
    first.end()
    make_pipeline(inspector.url).adopt()
    assert len({one["uuid"] for one in inspector.good("parcel_shipped")}) == 3
