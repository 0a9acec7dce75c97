"""One call of `deliver` while it runs: its deadline, and each capture's fate so far."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from otel.delivery.http.protocol import Outcome
from otel.envelope import Rejection
from otel.reasons import Reason

__all__ = ["InFlightBatch", "Wait"]

T = TypeVar("T")

Wait = Callable[[threading.Event, float], object]


class InFlightBatch(Generic[T]):
    """Hold one call's state; only `shorten` is called from other threads.

    Args:
        captures: what is to be delivered.
        deadline: when to give up, on the delivery's clock.
        time: seconds since 1970 when the call began. Every body of the call is written as of then, so that a
            part that is sent again, or in halves, differs in nothing else.
    """

    def __init__(self, captures: Sequence[T], deadline: float, time: float) -> None:
        self.captures = captures
        self.deadline = deadline
        self.time = time
        self.fates: list[Outcome | Rejection] = [Outcome.OPEN] * len(captures)
        # What PostHog asked for when there was no time left to grant it.
        self.retry_after: float | None = None
        self.thread = threading.get_ident()
        self._is_cut = False
        self._cut = threading.Event()

    def shorten(self, deadline: float) -> None:
        """Bring the deadline forward, and wake the run if it waits.

        Args:
            deadline: on the delivery's clock; a later one than before changes nothing.
        """
        if deadline < self.deadline:
            self.deadline = deadline
            self._is_cut = True
            self._cut.set()

    def pause(self, delay: float, clock: Callable[[], float], wait: Wait) -> bool:
        """Wait, unless the deadline comes first: then return False at once.

        Args:
            delay: seconds.
            clock: seconds, monotonic.
            wait: waits for an event for at most some seconds.
        """
        until = clock() + delay
        while True:
            self._cut.clear()  # before the deadline is read, so that no cut is missed
            if until >= self.deadline:
                return False
            left = until - clock()
            if left <= 0:
                return True
            wait(self._cut, left)

    def lose(self, batch: Iterable[int], reason: Reason, detail: str = "") -> None:
        """Settle captures as lost.

        Args:
            batch: their positions.
            reason: why.
            detail: what PostHog answered, or what stood in the way.
        """
        for index in batch:
            self.fates[index] = Rejection(reason, detail)

    def give_up(self, batch: Iterable[int], detail: str) -> None:
        """Settle captures as lost for want of time.

        Args:
            batch: their positions.
            detail: why the last attempt failed.
        """
        self.lose(batch, Reason.SHUTDOWN if self._is_cut else Reason.UNDELIVERED, detail)
