"""What the mapping of one request found: captures to deliver, and a bounded account of what was rejected."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from otel.bridge.otlp.refusal import over_budget
from otel.delivery.http import Undelivered
from otel.envelope import Capture, Envelope, Rejection
from otel.reasons import Reason

__all__ = ["MappedRequest"]

# Rejected events that go to the quarantine whole, from one request. A batch of 512 KiB has about 1,000
# events; a request with more mistakes than that repeats them, and is not worth the space of others.
_MAX_KEPT = 1_000
# How often the time is read, in spans or log records: the slowest, an error, takes about a millisecond.
_ITEMS_PER_CHECK = 64


@dataclass(slots=True)
class MappedRequest:
    """The events and errors of one request, mapped. Confined to one thread.

    Args:
        max_seconds: the CPU time that the mapping may take.
        items: the number of spans or log records that were looked at.
        captures: to be delivered.
        origins: for each capture, the position of its span or log record.
        rejections: the first events that will never be delivered, whole: the reason, and the event.
        counts: how many events will never be delivered, by reason.
    """

    max_seconds: float = float("inf")
    items: int = field(default=0, init=False)
    captures: list[Capture] = field(default_factory=list, init=False)
    origins: list[int] = field(default_factory=list, init=False)
    rejections: list[tuple[Rejection, Envelope]] = field(default_factory=list, init=False)
    counts: Counter[Reason] = field(default_factory=Counter, init=False)
    _failed: set[int] = field(default_factory=set, init=False)
    _unreadable: int = field(default=0, init=False)
    _began: float = field(default_factory=time.thread_time, init=False)

    @property
    def events(self) -> int:
        """The number of events and errors that were found, mapped or rejected."""
        return len(self.captures) + self.counts.total()

    def add(self, mapped: Capture | Rejection, envelope: Envelope) -> None:
        """Add the result of mapping an event of the current span or log record.

        Args:
            mapped: a capture or a rejection.
            envelope: the event.
        """
        if isinstance(mapped, Capture):
            self.captures.append(mapped)
            self.origins.append(self.items)
        else:
            self._reject(mapped, 1, envelope)

    def fail(self, error: Exception, count: int, envelope: Envelope | None = None) -> None:
        """Reject events of the current span or log record because of an error in our own code.

        Args:
            error: the exception.
            count: the number of events.
            envelope: the event, if it is known.
        """
        self._reject(Rejection(Reason.MAPPING_FAILED, type(error).__name__), count, envelope)

    def end_item(self) -> None:
        """Continue with the next span or log record.

        Raises:
            Refused: if the mapping has taken too long.
        """
        self.items += 1
        if self.items % _ITEMS_PER_CHECK == 0:
            self.check_time()

    def check_time(self) -> None:
        """Stop a mapping that takes too long.

        Raises:
            Refused: if it has taken longer than it may.
        """
        if time.thread_time() - self._began > self.max_seconds:
            msg = f"its events took more than {self.max_seconds:.0f} s to map"
            raise over_budget(msg)

    def skip_unreadable(self, count: int) -> None:
        """Reject spans or log records that could not be decoded.

        Args:
            count: the number of spans or log records.
        """
        self.items += count
        self._unreadable += count
        if count:
            self.counts[Reason.MALFORMED] += count

    def summary(self, losses: Iterable[Undelivered]) -> tuple[int, str]:
        """Return how many spans or log records hold events that can never be delivered, and why.

        Args:
            losses: the captures that were not delivered.
        """
        counts = Counter({reason: count for reason, count in self.counts.items() if not reason.is_intended})
        failed = set(self._failed)
        for loss in losses:
            counts[loss.reason] += 1
            failed.add(self.origins[loss.index])
        text = ", ".join(f"{count} {reason.value}" for reason, count in counts.most_common())
        text = text and f"events that can never be delivered: {text}"
        return len(failed) + self._unreadable, text

    def _reject(self, rejection: Rejection, count: int, envelope: Envelope | None) -> None:
        reason = rejection.reason
        self.counts[reason] += count
        if not reason.is_intended:
            self._failed.add(self.items)
        if envelope is not None and reason.is_quarantined and len(self.rejections) < _MAX_KEPT:
            self.rejections.append((rejection, envelope))
