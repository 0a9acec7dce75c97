"""Recovery: what one process left in the journal is delivered by the next one, until a delivery fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import SpanContext

from otel._guard import raise_internal_errors
from otel.delivery.journal import Backlog, Journal, JournalPosition, JournalRecovery, NullJournal, backlog
from otel.selecting import SelectedSpan

NOON = 1_767_182_400_000_000_000

Deliver = Callable[[Sequence[SelectedSpan]], object]


def selected(number: int) -> SelectedSpan:
    span = ReadableSpan("request", SpanContext(1, number + 1, is_remote=False))
    return SelectedSpan(span, [Event("parcel_shipped", {"number": number}, NOON + number)], None)


def leave(folder: Path, numbers: Sequence[int]) -> None:
    """Leave one segment, as a process that ended."""
    journal = Journal(folder)
    for number in numbers:
        journal.append(selected(number))
    journal.close()


class Receiver:
    """A receiver that accepts batches until one fails, and keeps what it accepted."""

    def __init__(self, journal: Journal, *, fails_at: int | None = None) -> None:
        self.journal = journal
        self.fails_at = fails_at
        self.batches: list[list[int]] = []

    def __call__(self, spans: Sequence[SelectedSpan]) -> None:
        positions = [one.position for one in spans if isinstance(one.position, JournalPosition)]
        if len(self.batches) == self.fails_at:
            self.journal.settle((), positions)
            return
        self.batches.append([int(one.context.span_id) - 1 for one in spans])
        self.journal.settle(positions, ())


def recover(journal: Journal | NullJournal, deliver: Deliver) -> None:
    """Scan once, as a process that ends at once."""
    recovery = JournalRecovery(journal, deliver)
    recovery.start()
    recovery.stop()
    recovery.finish(20.0)
    recovery.join()


@pytest.fixture
def journal(folder: Path) -> Iterator[Journal]:
    made = Journal(folder)
    yield made
    made.close()


def test_a_segment_is_delivered_in_batches_and_deleted(journal: Journal, folder: Path) -> None:
    leave(folder, range(1_025))
    leave(folder, [2_000])
    receiver = Receiver(journal)
    recover(journal, receiver)
    assert [len(batch) for batch in receiver.batches] == [512, 512, 1, 1]
    assert [*chain.from_iterable(receiver.batches)] == [*range(1_025), 2_000]
    assert list(folder.iterdir()) == []
    assert backlog(folder) == Backlog(0, None)


@pytest.mark.parametrize(("fails_at", "left"), [(0, 1_025 + 3), (1, 513 + 3), (2, 1 + 3)])
def test_after_a_failed_batch_nothing_more_is_tried_and_all_of_it_waits(
    fails_at: int, left: int, journal: Journal, folder: Path
) -> None:
    leave(folder, range(1_025))
    leave(folder, [2_000, 2_001, 2_002])
    receiver = Receiver(journal, fails_at=fails_at)
    recover(journal, receiver)
    assert [*chain.from_iterable(receiver.batches)] == list(range(512 * fails_at))
    assert backlog(folder) == Backlog(left, NOON + 512 * fails_at)
    following = Journal(folder)
    last = Receiver(following)
    recover(following, last)
    assert sorted(chain.from_iterable(last.batches)) == sorted(
        [*range(512 * fails_at, 1_025), 2_000, 2_001, 2_002]
    )
    assert backlog(folder) == Backlog(0, None)


def test_what_failed_in_this_process_is_not_tried_again_at_its_end(journal: Journal, folder: Path) -> None:
    span = selected(1)
    journal.append(span)
    assert isinstance(span.position, JournalPosition)
    journal.settle((), [span.position])
    receiver = Receiver(journal)
    recover(journal, receiver)
    assert receiver.batches == []
    assert backlog(folder).events == 1


def test_an_error_in_a_delivery_does_not_end_the_program(journal: Journal, folder: Path) -> None:
    leave(folder, [1])
    reached = threading.Event()

    def fail(_: Sequence[SelectedSpan]) -> None:
        reached.set()
        raise ZeroDivisionError

    raise_internal_errors(False)
    recover(journal, fail)
    assert reached.is_set()
    journal.close()
    assert backlog(folder).events == 1


def test_without_a_journal_no_thread_is_started() -> None:
    def names() -> list[str]:
        return [thread.name for thread in threading.enumerate()]

    before = names()
    recovery = JournalRecovery(NullJournal(), lambda _: None)
    recovery.start()
    assert names() == before
    recovery.finish(0.0)
    recovery.join()


def test_one_thread_is_started_and_none_after_the_end(journal: Journal) -> None:
    def threads() -> int:
        return sum(thread.name == "otel-posthog-journal" for thread in threading.enumerate())

    before = threads()
    recovery = JournalRecovery(journal, lambda _: None)
    recovery.start()
    recovery.start()
    assert threads() == before + 1
    recovery.stop()
    recovery.join()
    assert threads() == before
    recovery.start()
    assert threads() == before


def test_a_span_that_is_not_in_the_journal_cannot_wait_there(journal: Journal) -> None:
    assert not journal.defer(selected(1))
    assert not NullJournal().defer(selected(1))
    span = selected(2)
    journal.append(span)
    assert journal.defer(span)
    assert journal.failed_deliveries == 1
