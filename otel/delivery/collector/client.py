"""The client that hands spans or log records to the Collector and accounts for their events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from otel._guard import suppress_internal_errors
from otel.delivery.collector.endpoint import OtlpEndpoint
from otel.delivery.collector.otlp_http import Message, OtlpHttp
from otel.delivery.http import BatchClient, Transport
from otel.outcomes import Ledger
from otel.reasons import Reason

__all__ = ["CollectorClient"]

T = TypeVar("T")


class CollectorClient(BatchClient[T]):
    """A client of the Collector for one signal. Thread-safe, and safe to use after a fork.

    Args:
        endpoint: the Collector's, for this signal.
        ledger: accounts for each event.
        encode: makes the request of items.
        count: returns how many events an item carries.
    """

    def __init__(
        self,
        endpoint: OtlpEndpoint,
        ledger: Ledger,
        *,
        encode: Callable[[Sequence[T]], Message],
        count: Callable[[T], int],
    ) -> None:
        self._ledger = ledger
        self._count = count
        protocol = OtlpHttp(endpoint.path, endpoint.headers, encode, count)
        super().__init__(protocol, Transport(endpoint.origin, endpoint.tls), ledger)

    def deliver(self, items: Sequence[T], deadline: float | None = None) -> bool:
        """Hand over items; return whether the Collector accepted all. Never raises.

        Args:
            items: spans or log records.
            deadline: when to give up, on the clock of `time.monotonic`; after 30 s by default.
        """
        if not items:
            return True
        losses = self.send(items, deadline)
        with suppress_internal_errors("accounting for a delivery"):
            lost: Counter[Reason] = Counter()
            for loss in losses:
                lost[loss.reason] += self._count(items[loss.index])
            self._ledger.delivered(sum(map(self._count, items)) - lost.total())
            for reason, events in lost.items():
                self._ledger.lost(reason, events)
        return not losses
