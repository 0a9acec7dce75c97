"""Counters of delivered, retried, journaled and lost events, as OpenTelemetry metrics and in the process."""

from __future__ import annotations

import threading
from collections import Counter

from opentelemetry import metrics

from otel._fork import call_in_child
from otel.reasons import Reason

__all__ = ["Counters"]


class Counters:
    """Counts of events delivered, retried, journaled and lost. Thread-safe.

    Exported as `posthog.events.delivered`, `posthog.events.retried`, `posthog.events.journaled` and
    `posthog.events.lost`, the last with the attribute `reason`, one of `otel.Reason`.

    Args:
        provider: makes the metrics' instruments; the global meter provider by default.
    """

    def __init__(self, provider: metrics.MeterProvider | None = None) -> None:
        meter = metrics.get_meter("otel", meter_provider=provider)
        self._delivered = meter.create_counter(
            "posthog.events.delivered", "{event}", "Events that PostHog acknowledged, or the Collector"
        )
        self._retried = meter.create_counter(
            "posthog.events.retried", "{event}", "Events sent again after a failed attempt"
        )
        self._journaled = meter.create_counter(
            "posthog.events.journaled", "{event}", "Events that could not be delivered yet, and wait on disk"
        )
        self._lost = meter.create_counter("posthog.events.lost", "{event}", "Events that will not arrive")
        self._lock = threading.Lock()
        self._totals: Counter[str] = Counter()
        call_in_child(self._after_fork)

    def delivered(self, count: int) -> None:
        """Count events that PostHog acknowledged, or the Collector if they go through it.

        Args:
            count: the number of events.
        """
        self._add("delivered", count)
        self._delivered.add(count)

    def retried(self, count: int) -> None:
        """Count events that are sent again.

        Args:
            count: the number of events.
        """
        self._add("retried", count)
        self._retried.add(count)

    def journaled(self, count: int) -> None:
        """Count events that wait in the journal, to be delivered later or by another process.

        Args:
            count: the number of events.
        """
        self._add("journaled", count)
        self._journaled.add(count)

    def lost(self, reason: Reason, count: int = 1) -> None:
        """Count events that will not arrive.

        Args:
            reason: why; the metric's attribute `reason`.
            count: the number of events.
        """
        self._add(reason.value, count)
        self._lost.add(count, {"reason": reason.value})

    def totals(self) -> dict[str, int]:
        """Return the counts of this process: `delivered`, `retried`, `journaled`, and one per reason."""
        with self._lock:
            return dict(self._totals)

    def _after_fork(self) -> None:
        """Start from zero in a forked child; a thread of the parent may have held the lock."""
        self._lock = threading.Lock()
        self._totals = Counter()

    def _add(self, name: str, count: int) -> None:
        with self._lock:
            self._totals[name] += count
