"""Handing spans or log records over to the Collector, and counting what became of their events."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from otel._guard import suppress_internal_errors
from otel.delivery.collector.endpoint import OtlpEndpoint
from otel.delivery.collector.otlp_http import Message, OtlpHttp, advise
from otel.delivery.http._sender import MAX_BODY
from otel.delivery.http.client import BatchClient
from otel.delivery.http.protocol import Receiver
from otel.delivery.http.transport import Transport
from otel.outcomes.counters import Counters
from otel.outcomes.self_log import ThrottledLogger

__all__ = ["CollectorClient"]

T = TypeVar("T")


class CollectorClient(BatchClient[T]):
    """Hand over in the calling thread; safe to use from every thread and after a fork.

    Args:
        endpoint: the Collector's, for this signal.
        counters: count what was handed over, repeated and lost.
        encode: puts items into a request.
        count: how many events an item carries.
    """

    def __init__(
        self,
        endpoint: OtlpEndpoint,
        counters: Counters,
        *,
        encode: Callable[[Sequence[T]], Message],
        count: Callable[[T], int],
    ) -> None:
        self._counters = counters
        self._count = count
        super().__init__(
            OtlpHttp(endpoint.path, endpoint.headers, encode),
            Receiver("the Collector", MAX_BODY, count, advise),
            Transport(endpoint.origin, endpoint.tls),
            counters,
            log=ThrottledLogger(time.monotonic),
        )

    def deliver(self, items: Sequence[T], deadline: float | None = None) -> bool:
        """Hand items over; return whether the Collector took all. What it did not take is counted.

        Args:
            items: spans or log records.
            deadline: when to give up, on the clock of `time.monotonic`; after the timeout if there is none.
        """
        if not items:
            return True
        losses = self.send(items, deadline)
        with suppress_internal_errors("accounting for what was handed over"):
            lost: Counter[str] = Counter()
            for loss in losses:
                events = self._count(items[loss.index])
                self._counters.lost(loss.reason, events)
                lost[loss.reason.value] += events
            delivered = sum(map(self._count, items)) - lost.total()
            if delivered:
                self._counters.delivered(delivered)
            for reason, events in lost.items():
                self._log.warning(f"lost {reason}", "%d events are lost on the way: %s", events, reason)
        return not losses
