"""Limiting errors: the first of a kind are sent, the others are counted, and the sum is always right."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

from otel.delivery.error_limiter import FIRST, WINDOW, ErrorLimiter
from otel.envelope import Envelope
from otel.exceptions import ExceptionInfo, ExceptionSnapshot, Frame
from otel.mapping.errors import ErrorRecord


class Time:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def error(kind: str = "LookupError", number: int = 0, *, is_handled: bool = False) -> ErrorRecord:
    attributes = {"exception.type": kind, "exception.message": "failed", "number": number}
    return ErrorRecord(Envelope("exception", attributes, number), {}, is_handled)


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def sent() -> threading.Event:
    return threading.Event()


@pytest.fixture
def limiter(clock: Time, sent: threading.Event) -> Iterator[ErrorLimiter]:
    made = ErrorLimiter(sent.set, clock)
    yield made
    made.stop()


def counts(limiter: ErrorLimiter, *, everything: bool = False) -> list[tuple[str, int, int]]:
    """Return of what is due the type, the number of the first that was held back, and how many there are."""
    return [
        (str(first.envelope.attributes["exception.type"]), first.envelope.attributes["number"], count)
        for first, count, _ in limiter.due(everything=everything)
    ]


def test_unlike_errors_of_one_function_are_limited_apart(limiter: ErrorLimiter) -> None:
    def at(line: int) -> ErrorRecord:
        frame = Frame("/srv/app/shop.py", line, "load", "shop")
        live = ExceptionSnapshot((ExceptionInfo("LookupError", "", "x", (frame,)),), "LookupError", "x")
        return ErrorRecord(
            Envelope("exception", {"exception.type": "LookupError", "number": line}, 1), {}, False, live=live
        )

    assert [limiter.admit(at(1)) for _ in range(FIRST + 1)] == [True] * FIRST + [False]
    assert [limiter.admit(at(2)) for _ in range(3)] == [True] * 3
    assert counts(limiter, everything=True) == [("LookupError", 1, 1)]


def test_the_first_of_a_kind_are_sent_and_the_others_are_counted(limiter: ErrorLimiter, clock: Time) -> None:
    admitted = [limiter.admit(error(number=number)) for number in range(FIRST + 3)]
    assert admitted == [True] * FIRST + [False] * 3
    clock.now += WINDOW - 0.001
    assert counts(limiter) == []
    clock.now += 0.001
    assert counts(limiter) == [("LookupError", FIRST, 3)]
    assert counts(limiter) == []


def test_a_new_window_begins_with_the_next_error(limiter: ErrorLimiter, clock: Time) -> None:
    for number in range(FIRST + 1):
        limiter.admit(error(number=number))
    clock.now += WINDOW
    # What is held back is counted before another is sent.
    assert not limiter.admit(error(number=99))
    assert counts(limiter) == [("LookupError", FIRST, 2)]
    assert [limiter.admit(error()) for _ in range(FIRST + 1)] == [True] * FIRST + [False]


def test_a_flush_counts_what_is_held_back_before_its_window_ends(limiter: ErrorLimiter) -> None:
    for number in range(FIRST + 2):
        limiter.admit(error(number=number))
    assert counts(limiter, everything=True) == [("LookupError", FIRST, 2)]


def test_kinds_are_limited_each_for_itself(limiter: ErrorLimiter) -> None:
    for kind in ("LookupError", "KeyError"):
        for is_handled in (False, True):
            assert all(limiter.admit(error(kind, is_handled=is_handled)) for _ in range(FIRST))
            assert not limiter.admit(error(kind, 7, is_handled=is_handled))
    assert counts(limiter, everything=True) == [("LookupError", 7, 1)] * 2 + [("KeyError", 7, 1)] * 2


def test_of_more_than_a_thousand_kinds_the_oldest_are_counted_early(limiter: ErrorLimiter) -> None:
    for number in range(1_000):
        for _ in range(FIRST + 1):
            limiter.admit(error(f"Kind{number}Error"))
    assert counts(limiter) == []
    for number in range(1_000, 1_002):
        limiter.admit(error(f"Kind{number}Error"))
    assert counts(limiter) == [("Kind0Error", 0, 1), ("Kind1Error", 0, 1)]


def timers() -> list[threading.Timer]:
    return [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


def test_one_timer_is_started_if_something_is_held_back(limiter: ErrorLimiter) -> None:
    before = timers()
    limiter.admit(error())
    limiter.start_timer()
    assert timers() == before
    for _ in range(FIRST):
        limiter.admit(error())
    limiter.start_timer()
    limiter.start_timer()
    (timer,) = [one for one in timers() if one not in before]
    assert timer.daemon  # or the product could not end
    limiter.stop()
    timer.join(10)
    assert not timer.is_alive()


def test_the_end_of_a_window_sends_what_is_due(clock: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("otel.delivery.error_limiter.WINDOW", 0.01)
    due: list[tuple[str, int, int]] = []
    done = threading.Event()

    def send() -> None:
        clock.now += 1.0
        due.extend(counts(made))
        done.set()

    made = ErrorLimiter(send, clock)
    for number in range(FIRST + 1):
        made.admit(error(number=number))
    made.start_timer()
    assert done.wait(10)
    assert due == [("LookupError", FIRST, 1)]
    made.stop()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_does_not_count_its_parents_errors(limiter: ErrorLimiter) -> None:
    for number in range(FIRST + 1):
        limiter.admit(error(number=number))
    child = os.fork()
    if child == 0:
        is_empty = counts(limiter, everything=True) == []
        os._exit(0 if is_empty and limiter.admit(error()) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert counts(limiter, everything=True) == [("LookupError", FIRST, 1)]
