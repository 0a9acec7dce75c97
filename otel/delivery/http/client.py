"""Sending items in the calling thread, each with its fate, until a deadline that others may bring forward."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from otel._fork import call_in_child
from otel._guard import suppress_internal_errors
from otel.delivery.http._in_flight import InFlightBatch, Wait
from otel.delivery.http._retry import Backoff
from otel.delivery.http._sender import BatchSender
from otel.delivery.http.protocol import Outcome, Receiver, Wire
from otel.delivery.http.transport import Transport
from otel.envelope import Rejection
from otel.outcomes.counters import Counters
from otel.outcomes.self_log import ThrottledLogger
from otel.reasons import Reason

__all__ = ["TIMEOUT", "BatchClient", "Undelivered"]

T = TypeVar("T")

# What OpenTelemetry gives a batch by default (OTEL_BSP_EXPORT_TIMEOUT), but does not enforce
# (opentelemetry-python #4555).
TIMEOUT = 30.0
# How soon a request that is in the way of an interrupt is broken off, also if it is still connecting.
_ABORT_INTERVAL = 0.05


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Say why a capture was not delivered.

    Args:
        index: its position among those that were to be delivered.
        reason: why.
        detail: what was answered, or what stood in the way; it may quote the event.
        retry_after: the seconds that were asked for, where it was given up for want of time or attempts.
    """

    index: int
    reason: Reason
    detail: str = ""
    retry_after: float | None = field(default=None, compare=False)


class BatchClient(Generic[T]):
    """Send to one endpoint; safe to use from every thread and after a fork.

    Args:
        wire: the endpoint.
        receiver: whose it is.
        transport: the way there.
        counters: count what is sent again.
        log: says what a person has to do.
        secret: kept out of details and logs.
        timeout: seconds for one call that sets no deadline of its own.
        clock: seconds, monotonic; deadlines are on it.
        wall: seconds since 1970.
        wait: waits for an event for at most some seconds.
        jitter: returns a number from 0 to 1.
        attempts: how often a request is sent within the time; without limit by default.
    """

    def __init__(
        self,
        wire: Wire[T],
        receiver: Receiver[T],
        transport: Transport,
        counters: Counters,
        *,
        log: ThrottledLogger,
        secret: str = "",
        timeout: float = TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        wait: Wait = threading.Event.wait,
        jitter: Callable[[], float] = random.random,
        attempts: float = math.inf,
    ) -> None:
        self._timeout = timeout
        self._clock = clock
        self._wall = wall
        self._log = log
        self._transport = transport
        self._sender = BatchSender(
            wire,
            receiver,
            transport,
            secret=secret,
            backoff=Backoff(jitter),
            counters=counters,
            log=log,
            clock=clock,
            wall=wall,
            wait=wait,
            attempts=attempts,
        )
        self._running: set[InFlightBatch[T]] = set()
        self._is_closed = False
        self._end: float | None = None
        call_in_child(self._after_fork)

    def send(self, items: Sequence[T], deadline: float | None = None) -> tuple[Undelivered, ...]:
        """Send items, and return those that were lost; every other one was taken. Never raises.

        Args:
            items: not changed from now on, by anyone.
            deadline: when to give up, on the clock; after the timeout if there is none.
        """
        run = InFlightBatch(
            items, self._clock() + self._timeout if deadline is None else deadline, self._wall()
        )
        self._running.add(run)
        if self._end is not None:
            run.shorten(self._end)
        try:
            with suppress_internal_errors("delivering"):
                if self._is_closed:
                    run.lose(range(len(items)), Reason.SHUTDOWN, "delivery is closed")
                else:
                    self._sender.send(run)
        finally:
            self._running.discard(run)
        return _losses(run)

    def interrupt(self, deadline: float) -> None:
        """Bring forward the deadline of everything under way, from another thread, and of what is to come.

        What is not delivered by then is lost with `Reason.SHUTDOWN`. A wait between attempts that would
        pass the deadline ends at once, a request that does ends at the deadline.

        Args:
            deadline: on the clock.
        """
        self._end = deadline
        running = tuple(self._running)
        for run in running:
            run.shorten(deadline)
        if running:
            self._abort_overdue(running)
            self._watch(deadline, running)

    def close(self) -> None:
        """End what runs at once and close the connections; later calls lose with `Reason.SHUTDOWN`."""
        self._is_closed = True
        self.interrupt(self._clock())
        self._transport.close()

    def _watch(self, deadline: float, runs: tuple[InFlightBatch[T], ...]) -> None:
        """Break off the runs' requests at the deadline, from a thread that ends with the runs."""
        watch = threading.Thread(
            target=self._abort_from, args=(deadline, runs), name="otel-delivery-interrupt", daemon=True
        )
        try:
            watch.start()
        except RuntimeError:  # the interpreter is ending: the sockets' own timeouts remain
            return

    def _abort_from(self, deadline: float, runs: tuple[InFlightBatch[T], ...]) -> None:
        time.sleep(max(deadline - self._clock(), 0.0))
        while self._abort_overdue(runs):
            time.sleep(_ABORT_INTERVAL)

    def _abort_overdue(self, runs: tuple[InFlightBatch[T], ...]) -> bool:
        """Break off requests that outlast their run's deadline; return whether any of the runs still runs."""
        running = [run for run in runs if run in self._running]
        for run in running:
            if self._clock() >= run.deadline:
                self._transport.abort(run.thread)
        return bool(running)

    def _after_fork(self) -> None:
        """Leave the parent's sending to the parent."""
        self._running = set()


def _losses(run: InFlightBatch[T]) -> tuple[Undelivered, ...]:
    rejects = (
        (index, fate if isinstance(fate, Rejection) else Rejection(Reason.UNDELIVERED, "delivering failed"))
        for index, fate in enumerate(run.fates)
        if fate is not Outcome.DELIVERED
    )
    return tuple(
        Undelivered(index, reject.reason, reject.detail, run.retry_after) for index, reject in rejects
    )
