"""One call of `BatchClient.send` while it runs: its deadline, and the outcome of each item so far."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from otel.delivery.http.clock import Clock
from otel.delivery.http.protocol import Outcome
from otel.envelope import Rejection
from otel.reasons import Reason

__all__ = ["InFlightBatch"]

T = TypeVar("T")


class InFlightBatch(Generic[T]):
    """The state of one call. Confined to its thread, except for `shorten`.

    Args:
        items: what is to be delivered.
        deadline: when to give up, on the monotonic clock.
        clock: the time, and waiting.
    """

    def __init__(self, items: Sequence[T], deadline: float, clock: Clock) -> None:
        self.items = items
        self.deadline = deadline
        # Seconds since 1970 when the call began. Every body of the call is encoded with this time, so that a
        # part that is sent again, or in halves, is the same in everything else.
        self.time = clock.wall()
        self.outcomes: list[Outcome | Rejection] = [Outcome.PENDING] * len(items)
        # What the receiver asked for when there was no time left to wait.
        self.retry_after: float | None = None
        # How long the receiver took for the last request.
        self.last_seconds = 0.0
        self.thread = threading.get_ident()
        self._clock = clock
        self._is_shortened = False
        self._shortened = threading.Event()

    def shorten(self, deadline: float) -> None:
        """Bring the deadline forward, and end a wait. Other threads may call this.

        Args:
            deadline: on the monotonic clock; one that is later than the present deadline changes nothing.
        """
        if deadline < self.deadline:
            self.deadline = deadline
            self._is_shortened = True
            self._shortened.set()

    def pause(self, delay: float) -> bool:
        """Wait, unless the deadline comes first; return False at once in that case.

        Args:
            delay: seconds.
        """
        until = self._clock.monotonic() + delay
        while True:
            self._shortened.clear()  # before the deadline is read, so that no change is missed
            if until >= self.deadline:
                return False
            left = until - self._clock.monotonic()
            if left <= 0:
                return True
            self._clock.wait(self._shortened, left)

    def lose(self, positions: Iterable[int], reason: Reason, detail: str = "") -> None:
        """Record that items are lost.

        Args:
            positions: their positions in `items`.
            reason: why.
            detail: what the receiver answered, or what prevented the delivery.
        """
        for position in positions:
            self.outcomes[position] = Rejection(reason, detail)

    def give_up(self, positions: Iterable[int], detail: str) -> None:
        """Record that the time was over before items were delivered.

        Args:
            positions: their positions in `items`.
            detail: why the last attempt failed.
        """
        self.lose(positions, Reason.SHUTDOWN if self._is_shortened else Reason.UNDELIVERED, detail)
