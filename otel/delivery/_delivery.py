"""Delivering captures to PostHog: what goes in comes out as delivered or as lost, with the reason."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass

from otel._fork import call_in_child
from otel._guard import guarded
from otel.counters import Counters
from otel.delivery._quarantine import Quarantine
from otel.delivery._retry import Backoff
from otel.delivery._run import Run, Wait
from otel.delivery._selflog import SelfLog
from otel.delivery._sending import Sender
from otel.delivery._transport import Transport
from otel.delivery._wire import Fate, Wire
from otel.delivery._wire_v0 import WireV0
from otel.delivery._wire_v1 import WireV1
from otel.mapping.envelope import Capture, Reject
from otel.reasons import Reason
from otel.settings import Settings

__all__ = ["RECOVERABLE", "Delivery", "Loss"]

# A later attempt may succeed with the same event: PostHog is back, the process has time, the key is the right
# one. What is refused for another reason would be refused again.
RECOVERABLE = frozenset({Reason.UNDELIVERED, Reason.SHUTDOWN, Reason.UNAUTHORISED})

# What OpenTelemetry gives a batch by default (OTEL_BSP_EXPORT_TIMEOUT), but does not enforce
# (opentelemetry-python #4555).
_TIMEOUT = 30.0
# How soon a request that is in the way of an interrupt is broken off, also if it is still connecting.
_ABORT_INTERVAL = 0.05


@dataclass(frozen=True, slots=True)
class Loss:
    """Say why a capture was not delivered.

    Args:
        index: its position among those that were to be delivered.
        reason: why.
        detail: what PostHog answered, or what stood in the way; it may quote the event.
    """

    index: int
    reason: Reason
    detail: str = ""


class Delivery:
    """Deliver captures in the calling thread; safe to use from every thread and after a fork.

    Args:
        settings: the key, the host, and which of PostHog's endpoints is used.
        counters: counts what was delivered, repeated and lost.
        quarantine: keeps the captures whose loss can be mended.
        timeout: seconds for one call that sets no deadline of its own.
        clock: seconds, monotonic; deadlines are on it.
        wall: seconds since 1970.
        wait: waits for an event for at most some seconds.
        jitter: returns a number from 0 to 1.
    """

    def __init__(
        self,
        settings: Settings,
        counters: Counters,
        *,
        quarantine: Quarantine | None = None,
        timeout: float = _TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        wait: Wait = threading.Event.wait,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._counters = counters
        self._quarantine = quarantine
        self._timeout = timeout
        self._clock = clock
        self._log = SelfLog(clock)
        self._transport = Transport(settings.host)
        self._sender = Sender(
            self._wire(settings),
            self._transport,
            secret=settings.api_key,
            backoff=Backoff(jitter),
            counters=counters,
            log=self._log,
            clock=clock,
            wall=wall,
            wait=wait,
        )
        self._running: set[Run] = set()
        self._is_closed = False
        self._end: float | None = None
        call_in_child(self._forget_runs)

    def deliver(
        self,
        captures: Sequence[Capture],
        deadline: float | None = None,
        journaled: Container[int] = frozenset(),
    ) -> tuple[Loss, ...]:
        """Deliver captures, and return those that were lost; every other one was delivered. Never raises.

        Each loss is counted, and quarantined if its reason says so; not one from which the journal recovers.

        Args:
            captures: not changed from now on, by anyone: PostHog dedupes on their fields.
            deadline: when to give up, on the delivery's clock; after the timeout if there is none.
            journaled: the positions of those that are in the journal.
        """
        if not captures:
            return ()
        run = Run(captures, self._clock() + self._timeout if deadline is None else deadline)
        self._running.add(run)
        if self._end is not None:
            run.shorten(self._end)
        try:
            with guarded("delivering"):
                if self._is_closed:
                    run.lose(range(len(captures)), Reason.SHUTDOWN, "delivery is closed")
                else:
                    self._sender.send(run)
        finally:
            self._running.discard(run)
        losses = _losses(run)
        with guarded("accounting for what was delivered"):
            self._account(run, losses, journaled)
        return losses

    def interrupt(self, deadline: float) -> None:
        """Bring forward the deadline of every running `deliver`, from another thread, and of those to come.

        What is not delivered by then is lost with `Reason.SHUTDOWN`. A wait between attempts that would
        pass the deadline ends at once, a request that does ends at the deadline.

        Args:
            deadline: on the delivery's clock.
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

    def _wire(self, settings: Settings) -> Wire:
        # A key is ASCII. Of any other PostHog is to say so; it must not keep a request from being written.
        key = settings.api_key.encode("ascii", "replace").decode()
        return WireV1(key, self._log) if settings.capture_mode == "v1" else WireV0(key)

    def _account(self, run: Run, losses: tuple[Loss, ...], journaled: Container[int]) -> None:
        delivered = len(run.captures) - len(losses)
        if delivered:
            self._counters.delivered(delivered)
        lost = [loss for loss in losses if loss.reason not in RECOVERABLE or loss.index not in journaled]
        waiting = len(losses) - len(lost)
        if waiting:
            self._log.warning("journal", "%d events could not be delivered and wait in the journal", waiting)
        for reason, count in Counter(loss.reason for loss in lost).items():
            self._counters.lost(reason, count)
            self._log.warning(f"lost {reason}", "%d events are lost: %s", count, reason.value)
        if self._quarantine is not None:
            for loss in lost:
                self._quarantine.keep(run.captures[loss.index], Reject(loss.reason, loss.detail))

    def _watch(self, deadline: float, runs: tuple[Run, ...]) -> None:
        """Break off the runs' requests at the deadline, from a thread that ends with the runs."""
        watch = threading.Thread(
            target=self._abort_from, args=(deadline, runs), name="otel-delivery-interrupt", daemon=True
        )
        try:
            watch.start()
        except RuntimeError:  # the interpreter is ending: the sockets' own timeouts remain
            return

    def _abort_from(self, deadline: float, runs: tuple[Run, ...]) -> None:
        time.sleep(max(deadline - self._clock(), 0.0))
        while self._abort_overdue(runs):
            time.sleep(_ABORT_INTERVAL)

    def _abort_overdue(self, runs: tuple[Run, ...]) -> bool:
        """Break off requests that outlast their run's deadline; return whether any of the runs still runs."""
        running = [run for run in runs if run in self._running]
        for run in running:
            if self._clock() >= run.deadline:
                self._transport.abort(run.thread)
        return bool(running)

    def _forget_runs(self) -> None:
        """Leave the parent's deliveries to the parent."""
        self._running = set()


def _losses(run: Run) -> tuple[Loss, ...]:
    rejects = (
        (index, fate if isinstance(fate, Reject) else Reject(Reason.UNDELIVERED, "delivering failed"))
        for index, fate in enumerate(run.fates)
        if fate is not Fate.DELIVERED
    )
    return tuple(Loss(index, reject.reason, reject.detail) for index, reject in rejects)
