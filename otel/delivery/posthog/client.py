"""Delivering captures to PostHog: what goes in comes out as delivered or as lost, with the reason."""

from __future__ import annotations

import math
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import replace

from otel._guard import suppress_internal_errors
from otel.delivery.http._in_flight import Wait
from otel.delivery.http.client import TIMEOUT, BatchClient, Undelivered
from otel.delivery.http.protocol import Receiver, Wire
from otel.delivery.http.transport import Transport
from otel.delivery.posthog._advice import advise
from otel.delivery.posthog.capture_v0 import CaptureV0
from otel.delivery.posthog.capture_v1 import CaptureV1
from otel.envelope import Capture, Rejection
from otel.outcomes.counters import Counters
from otel.outcomes.quarantine import Quarantine
from otel.outcomes.self_log import ThrottledLogger
from otel.reasons import Reason
from otel.settings import Settings

__all__ = ["RECOVERABLE", "PostHogClient"]

# A later attempt may succeed with the same event: PostHog is back, the process has time, the key is the right
# one. What is refused for another reason would be refused again.
RECOVERABLE = frozenset({Reason.UNDELIVERED, Reason.SHUTDOWN, Reason.UNAUTHORISED})

# PostHog discards what is over 1 MB when it comes to store it, with what it adds, and answers 200 all the
# same; its own client stops here (`wire.md` section 1.3).
_MAX_EVENT = 900 * 1024

_POSTHOG: Receiver[Capture] = Receiver("PostHog", _MAX_EVENT, lambda _: 1, advise)


class PostHogClient(BatchClient[Capture]):
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
        attempts: how often a request is sent within the time; without limit by default.
    """

    def __init__(
        self,
        settings: Settings,
        counters: Counters,
        *,
        quarantine: Quarantine | None = None,
        timeout: float = TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        wait: Wait = threading.Event.wait,
        jitter: Callable[[], float] = random.random,
        attempts: float = math.inf,
    ) -> None:
        self._counters = counters
        self._quarantine = quarantine
        log = ThrottledLogger(clock)
        super().__init__(
            _wire(settings, log),
            replace(_POSTHOG, is_compressed=settings.capture_compression == "gzip"),
            Transport(settings.host),
            counters,
            log=log,
            secret=settings.api_key,
            timeout=timeout,
            clock=clock,
            wall=wall,
            wait=wait,
            jitter=jitter,
            attempts=attempts,
        )

    def deliver(
        self,
        captures: Sequence[Capture],
        deadline: float | None = None,
        journaled: Container[int] = frozenset(),
    ) -> tuple[Undelivered, ...]:
        """Deliver captures, and return those that were lost; every other one was delivered. Never raises.

        Each loss is counted, and quarantined if its reason says so; not one from which the journal recovers.

        Args:
            captures: not changed from now on, by anyone: PostHog dedupes on their fields.
            deadline: when to give up, on the delivery's clock; after the timeout if there is none.
            journaled: the positions of those that are kept elsewhere until they are delivered: in the
                journal, or in a Collector's queue.
        """
        if not captures:
            return ()
        losses = self.send(captures, deadline)
        with suppress_internal_errors("accounting for what was delivered"):
            self._account(captures, losses, journaled)
        return losses

    def _account(
        self, captures: Sequence[Capture], losses: tuple[Undelivered, ...], journaled: Container[int]
    ) -> None:
        delivered = len(captures) - len(losses)
        if delivered:
            self._counters.delivered(delivered)
        lost = [loss for loss in losses if loss.reason not in RECOVERABLE or loss.index not in journaled]
        waiting = len(losses) - len(lost)
        if waiting:
            self._log.warning(
                "journal", "%d events could not be delivered yet and wait where they are kept", waiting
            )
        for reason, count in Counter(loss.reason for loss in lost).items():
            self._counters.lost(reason, count)
            self._log.warning(f"lost {reason}", "%d events are lost: %s", count, reason.value)
        if self._quarantine is not None:
            for loss in lost:
                self._quarantine.keep(captures[loss.index], Rejection(loss.reason, loss.detail))


def _wire(settings: Settings, log: ThrottledLogger) -> Wire[Capture]:
    # A key is ASCII. Of any other PostHog is to say so; it must not keep a request from being written.
    key = settings.api_key.encode("ascii", "replace").decode()
    return CaptureV1(key, log) if settings.capture_mode == "v1" else CaptureV0(key)
