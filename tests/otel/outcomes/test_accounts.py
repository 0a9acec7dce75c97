"""The ledger's accounts: what is counted, what is logged and what is quarantined."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from otel.envelope import Envelope, Rejection
from otel.outcomes import Counters, Ledger, Quarantine, ThrottledLogger, open_quarantine
from otel.outcomes.quarantine import NullQuarantine
from otel.reasons import Reason
from tests.otel.delivery.conftest import captures

QUARANTINED = [reason for reason in Reason if reason.is_quarantined]
GONE = [reason for reason in Reason if not reason.is_quarantined]
# What was asked for, and what a warning at the start says.
SILENT = {*(reason for reason in Reason if reason.is_intended), Reason.NO_KEY, Reason.NOT_RECORDING}
EVENT = Envelope("parcel_shipped", {"number": 1}, 7, 1, 2)


class Time:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def quarantine(tmp_path: Path) -> Quarantine:
    return Quarantine(tmp_path / "quarantine")


@pytest.fixture
def ledger(quarantine: Quarantine, clock: Time) -> Ledger:
    return Ledger(quarantine=quarantine, log=ThrottledLogger(clock))


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO, "otel"):
        yield caplog


def kept(quarantine: Quarantine) -> list[tuple[object, Rejection]]:
    return [(entry.item, entry.rejection) for entry in quarantine.entries()]


def test_each_outcome_adds_to_its_own_count(ledger: Ledger) -> None:
    for _ in range(2):
        ledger.delivered(3)
        ledger.retried(5)
        ledger.deferred(7)
        ledger.lost(Reason.REFUSED, 11)
        ledger.lost(Reason.UNDELIVERED)
    assert ledger.counters.totals() == {
        "delivered": 6,
        "retried": 10,
        "journaled": 14,
        "refused": 22,
        "undelivered": 2,
    }


def test_no_event_changes_nothing(ledger: Ledger, log: pytest.LogCaptureFixture) -> None:
    ledger.delivered(0)
    ledger.deferred(0)
    ledger.lost(Reason.REFUSED, 0)
    ledger.undelivered([])
    assert (ledger.counters.totals(), log.messages) == ({}, [])


@pytest.mark.parametrize("reason", QUARANTINED)
def test_a_rejected_event_that_may_be_replayed_is_counted_logged_and_quarantined(
    reason: Reason, ledger: Ledger, quarantine: Quarantine, log: pytest.LogCaptureFixture
) -> None:
    rejection = Rejection(reason, "number is a str")
    ledger.rejected(rejection, EVENT)
    assert ledger.counters.totals() == {reason.value: 1}
    assert kept(quarantine) == [(EVENT, rejection)]
    assert log.messages == [f"event 'parcel_shipped' was rejected: number is a str ({reason.value})"]


@pytest.mark.parametrize("reason", GONE)
def test_other_rejected_events_are_counted_and_logged_unless_that_was_asked_for(
    reason: Reason, ledger: Ledger, quarantine: Quarantine, log: pytest.LogCaptureFixture
) -> None:
    ledger.rejected(Rejection(reason), EVENT)
    assert ledger.counters.totals() == {reason.value: 1}
    assert kept(quarantine) == []
    assert log.messages == ([] if reason in SILENT else [f"1 event was lost: {reason.value}"])


def test_an_event_that_cannot_be_read_is_counted_and_logged(
    ledger: Ledger, quarantine: Quarantine, log: pytest.LogCaptureFixture
) -> None:
    ledger.rejected(Rejection(Reason.MAPPING_FAILED, "ValueError"))
    assert ledger.counters.totals() == {"mapping_failed": 1}
    assert kept(quarantine) == []
    assert log.messages == ["1 event was lost: mapping_failed"]


def test_undelivered_captures_are_counted_by_reason_and_quarantined_if_they_were_refused(
    ledger: Ledger, quarantine: Quarantine, log: pytest.LogCaptureFixture
) -> None:
    refused, away, large, also_away = captures("refused", "away", "large", "also_away")
    losses = [
        (refused, Rejection(Reason.REFUSED, "400")),
        (away, Rejection(Reason.UNDELIVERED)),
        (large, Rejection(Reason.TOO_LARGE)),
        (also_away, Rejection(Reason.UNDELIVERED)),
    ]
    ledger.undelivered(losses)
    assert ledger.counters.totals() == {"refused": 1, "undelivered": 2, "too_large": 1}
    assert kept(quarantine) == [losses[0], losses[2]]
    assert sorted(log.messages) == [
        "1 event was lost: refused",
        "1 event was lost: too_large",
        "2 events were lost: undelivered",
    ]


def test_a_kind_of_message_is_logged_once_a_minute(
    clock: Time, ledger: Ledger, log: pytest.LogCaptureFixture
) -> None:
    for now in (1_000.0, 1_001.0, 1_059.9):
        clock.now = now
        ledger.lost(Reason.UNDELIVERED)
    ledger.lost(Reason.SHUTDOWN)
    assert log.messages == ["1 event was lost: undelivered", "1 event was lost: shutdown"]
    clock.now = 1_060.0
    ledger.lost(Reason.UNDELIVERED, 2)
    assert log.messages[2:] == ["2 events were lost: undelivered"]
    assert ledger.counters.totals() == {"undelivered": 5, "shutdown": 1}


def test_rejections_of_events_with_different_names_are_all_logged(
    ledger: Ledger, log: pytest.LogCaptureFixture
) -> None:
    for name in ("parcel_shipped", "page_peeked", "parcel_shipped"):
        ledger.rejected(Rejection(Reason.WRONG_TYPE), Envelope(name, {}, 7))
    assert len(log.messages) == 2


def test_what_an_operator_must_do_is_logged_once(clock: Time, log: pytest.LogCaptureFixture) -> None:
    throttled = ThrottledLogger(clock)
    for now in (0.0, 1e6, 1e12):
        clock.now = now
        throttled.once_per_process("key", "set %s", "POSTHOG_API_KEY")
    assert log.messages == ["set POSTHOG_API_KEY"]


def test_only_a_hundred_kinds_of_messages_are_remembered(clock: Time, log: pytest.LogCaptureFixture) -> None:
    throttled = ThrottledLogger(clock)
    for number in range(100):
        throttled.warning(f"kind {number}", "first")
    throttled.warning("kind 0", "known")
    throttled.warning("one more", "forgets the others")
    throttled.warning("kind 0", "again")
    throttled.warning("one more", "known")
    assert log.messages == [*["first"] * 100, "forgets the others", "again"]


def test_without_a_folder_nothing_is_quarantined(tmp_path: Path) -> None:
    assert isinstance(open_quarantine(None), NullQuarantine)
    assert isinstance(open_quarantine(tmp_path), Quarantine)
    ledger = Ledger()
    ledger.rejected(Rejection(Reason.WRONG_TYPE), EVENT)
    assert ledger.counters.totals() == {"wrong_type": 1}


def test_a_ledger_uses_the_counters_that_it_is_given() -> None:
    counters = Counters()
    Ledger(counters).delivered(1)
    assert counters.totals() == {"delivered": 1}


def test_metrics_count_what_waits_on_disk() -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    Counters(provider).journaled(3)
    data = reader.get_metrics_data()
    assert data is not None
    (metric,) = data.resource_metrics[0].scope_metrics[0].metrics
    (point,) = metric.data.data_points
    assert (metric.name, metric.unit, getattr(point, "value", None)) == (
        "posthog.events.journaled",
        "{event}",
        3,
    )
    provider.shutdown()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_counts_from_zero_even_if_a_thread_was_counting() -> None:
    counters = Counters()
    counters.delivered(3)
    with counters._lock:  # as a thread of the parent may hold it at the fork
        child = os.fork()
        if child == 0:
            counters.delivered(1)
            os._exit(0 if counters.totals() == {"delivered": 1} else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert counters.totals() == {"delivered": 3}
