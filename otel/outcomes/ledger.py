"""The ledger: the one place that accounts for events which do not arrive.

For every event that was recorded, exactly one thing is true: it was delivered, it waits to be delivered, or
it is lost for a reason. Only the ledger counts losses, logs them and writes to the quarantine.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

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
        kept = [] if envelope is None or not reason.is_quarantined else [(rejection, envelope)]
        self.rejected_all({reason: 1}, kept)

    def rejected_all(self, counts: Mapping[Reason, int], kept: Sequence[tuple[Rejection, Envelope]]) -> None:
        """Account for many events that cannot become captures, for a few of them whole.

        Args:
            counts: the numbers of all of them, by reason.
            kept: those to quarantine, with the reason and a detail for the log.
        """
        rest = Counter(counts)
        for rejection, envelope in kept:
            rest[rejection.reason] -= 1
            self.log.warning(
                f"{envelope.name} {rejection.reason}",
                "event %r was rejected: %s (%s)",
                envelope.name,
                rejection.detail,
                rejection.reason.value,
            )
        for reason, count in counts.items():
            self.counters.lost(reason, count)
            if rest[reason]:
                self._warn(reason, rest[reason])
        if kept:
            self._quarantine.add((envelope, rejection) for rejection, envelope in kept)

    def undelivered(self, losses: Iterable[tuple[Capture, Rejection]]) -> None:
        """Account for captures that were mapped and are lost on the way.

        Args:
            losses: each capture with the reason; quarantined if the reason says so.
        """
        losses = tuple(losses)
        for reason, count in Counter(rejection.reason for _, rejection in losses).items():
            self.lost(reason, count)
        self._quarantine.add(loss for loss in losses if loss[1].reason.is_quarantined)

    def _warn(self, reason: Reason, count: int) -> None:
        if reason not in _UNLOGGED:
            were = "event was" if count == 1 else "events were"
            self.log.warning(f"lost {reason}", "%d %s lost: %s", count, were, reason.value)
