"""Sending items in the calling thread until a deadline, which other threads may bring forward."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from otel._fork import call_in_child
from otel._guard import suppress_internal_errors
from otel.delivery.http._in_flight import InFlightBatch
from otel.delivery.http._retry import RetryPolicy
from otel.delivery.http._sender import BatchSender
from otel.delivery.http.clock import Clock
from otel.delivery.http.protocol import Outcome, WireProtocol
from otel.delivery.http.transport import Transport
from otel.envelope import Rejection
from otel.outcomes import Ledger
from otel.reasons import Reason

__all__ = ["BatchClient", "Undelivered"]

T = TypeVar("T")

# How soon a request that outlasts an interrupt is aborted, even if it is still connecting.
_ABORT_INTERVAL = 0.05


@dataclass(frozen=True, slots=True)
class Undelivered:
    """An item that was not delivered.

    Args:
        index: its position among the items that were sent.
        reason: why.
        detail: what the receiver answered, or what prevented the delivery; it may quote the event.
        retry_after: the seconds that the receiver asked for, if the sender ran out of time or attempts.
    """

    index: int
    reason: Reason
    detail: str = ""
    retry_after: float | None = field(default=None, compare=False)


class BatchClient(Generic[T]):
    """A client of one endpoint. Thread-safe, and safe to use after a fork.

    Args:
        protocol: the endpoint.
        transport: the connections.
        ledger: accounts for events that are sent again.
        secret: removed from details and logs.
        retry: when a request is sent again, and the default timeout of a call.
        clock: the time, and waiting.
    """

    def __init__(
        self,
        protocol: WireProtocol[T],
        transport: Transport,
        ledger: Ledger,
        *,
        secret: str = "",
        retry: RetryPolicy | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._retry = retry or RetryPolicy()
        self._clock = clock or Clock()
        self._transport = transport
        self._sender = BatchSender(
            protocol, transport, ledger, secret=secret, retry=self._retry, clock=self._clock
        )
        self._running: set[InFlightBatch[T]] = set()
        self._is_closed = False
        self._end: float | None = None
        call_in_child(self._after_fork)

    def send(self, items: Sequence[T], deadline: float | None = None) -> tuple[Undelivered, ...]:
        """Send items, and return those that are lost; all others were accepted. Never raises.

        Args:
            items: must not be changed from now on.
            deadline: when to give up, on the monotonic clock; after the policy's timeout by default.
        """
        if deadline is None:
            deadline = self._clock.monotonic() + self._retry.timeout
        run = InFlightBatch(items, deadline, self._clock)
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
        """Bring forward the deadline of all calls, present and future, from another thread.

        What is not delivered by then is lost with `Reason.SHUTDOWN`. A wait between attempts that would pass
        the deadline ends immediately; a request that would pass it is aborted at the deadline.

        Args:
            deadline: on the monotonic clock.
        """
        self._end = deadline
        running = tuple(self._running)
        for run in running:
            run.shorten(deadline)
        if running:
            self._abort_overdue(running)
            self._watch(deadline, running)

    def close(self) -> None:
        """Abort the running calls and close the connections; later calls lose with `Reason.SHUTDOWN`."""
        self._is_closed = True
        self.interrupt(self._clock.monotonic())
        self._transport.close()

    def _watch(self, deadline: float, runs: tuple[InFlightBatch[T], ...]) -> None:
        """Abort requests at the deadline, from a thread that ends with the calls."""
        watch = threading.Thread(
            target=self._abort_from, args=(deadline, runs), name="otel-delivery-interrupt", daemon=True
        )
        try:
            watch.start()
        except RuntimeError:  # the interpreter is ending: the sockets' own timeouts remain
            return

    def _abort_from(self, deadline: float, runs: tuple[InFlightBatch[T], ...]) -> None:
        time.sleep(max(deadline - self._clock.monotonic(), 0.0))
        while self._abort_overdue(runs):
            time.sleep(_ABORT_INTERVAL)

    def _abort_overdue(self, runs: tuple[InFlightBatch[T], ...]) -> bool:
        """Abort requests that outlast their call's deadline; return whether any of the calls still runs."""
        running = [run for run in runs if run in self._running]
        for run in running:
            if self._clock.monotonic() >= run.deadline:
                self._transport.abort(run.thread)
        return bool(running)

    def _after_fork(self) -> None:
        """Forget the parent's calls in a forked child."""
        self._running = set()


def _losses(run: InFlightBatch[T]) -> tuple[Undelivered, ...]:
    return tuple(
        Undelivered(index, rejection.reason, rejection.detail, run.retry_after)
        for index, rejection in (
            (index, outcome if isinstance(outcome, Rejection) else _FAILED)
            for index, outcome in enumerate(run.outcomes)
            if outcome is not Outcome.DELIVERED
        )
    )


# An error in our own code, logged with its traceback, has ended the call.
_FAILED = Rejection(Reason.UNDELIVERED, "delivering failed")
