"""The ledger: the one place that accounts for events which do not arrive.

For every event that was recorded, exactly one thing is true: it was delivered, it waits to be delivered, or
it is lost for a reason. Only the ledger counts losses, logs them and writes to the quarantine.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

from otel.envelope import Capture, Envelope, Rejection
from otel.outcomes.counters import Counters
from otel.outcomes.quarantine import NullQuarantine, Quarantine
from otel.outcomes.self_log import ThrottledLogger
from otel.reasons import Reason

__all__ = ["Ledger"]

# Reasons whose losses are counted and not logged: what was asked for, and what a start-up warning already
# says.
_UNLOGGED = frozenset(
    {*(reason for reason in Reason if reason.is_intended), Reason.NO_KEY, Reason.NOT_RECORDING}
)


class Ledger:
    """The account of what happens to a program's events. Thread-safe.

    Args:
        counters: exported as metrics; new ones by default.
        quarantine: stores rejected events whole; nothing is stored by default.
        log: warns about losses, at most once a minute for each kind.
    """

    def __init__(
        self,
        counters: Counters | None = None,
        quarantine: Quarantine | NullQuarantine | None = None,
        log: ThrottledLogger | None = None,
    ) -> None:
        self.counters = counters or Counters()
        self.log = log or ThrottledLogger(time.monotonic)
        self._quarantine = quarantine or NullQuarantine()

    def delivered(self, count: int) -> None:
        """Account for events that PostHog, or the Collector, acknowledged.

        Args:
            count: the number of events; 0 changes nothing.
        """
        if count:
            self.counters.delivered(count)

    def retried(self, count: int) -> None:
        """Account for events that are sent again after a failed attempt.

        Args:
            count: the number of events.
        """
        self.counters.retried(count)

    def deferred(self, count: int) -> None:
        """Account for events that wait on disk for a later delivery.

        Args:
            count: the number of events; 0 changes nothing.
        """
        if count:
            self.counters.journaled(count)

    def lost(self, reason: Reason, count: int = 1) -> None:
        """Account for events that will not arrive and whose content is gone.

        Args:
            reason: why.
            count: the number of events; 0 changes nothing.
        """
        if count:
            self.counters.lost(reason, count)
            self._warn(reason, count)

    def rejected(self, rejection: Rejection, envelope: Envelope | None = None) -> None:
        """Account for one event that cannot become a capture.

        Args:
            rejection: why, with a detail for the log.
            envelope: the event, as far as it could be read; quarantined if the reason says so.
        """
        reason = rejection.reason
        self.counters.lost(reason)
        if not reason.is_quarantined or envelope is None:
            self._warn(reason, 1)
            return
        self.log.warning(
            f"{envelope.name} {reason}",
            "event %r was rejected: %s (%s)",
            envelope.name,
            rejection.detail,
            reason.value,
        )
        self._quarantine.add(envelope, rejection)

    def undelivered(self, losses: Iterable[tuple[Capture, Rejection]]) -> None:
        """Account for captures that were mapped and are lost on the way.

        Args:
            losses: each capture with the reason; quarantined if the reason says so.
        """
        counts: Counter[Reason] = Counter()
        for capture, rejection in losses:
            counts[rejection.reason] += 1
            if rejection.reason.is_quarantined:
                self._quarantine.add(capture, rejection)
        for reason, count in counts.items():
            self.lost(reason, count)

    def _warn(self, reason: Reason, count: int) -> None:
        if reason not in _UNLOGGED:
            were = "event was" if count == 1 else "events were"
            self.log.warning(f"lost {reason}", "%d %s lost: %s", count, were, reason.value)
