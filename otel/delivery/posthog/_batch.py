"""What one export delivers and rejects, with the journal's lines that it comes from."""

from __future__ import annotations

from collections.abc import Sequence

from otel.delivery.http import Undelivered
from otel.delivery.journal import Journal, JournalPosition, NullJournal
from otel.envelope import Capture, Envelope, Rejection
from otel.outcomes import Ledger

__all__ = ["Batch"]


class Batch:
    """Captures and rejections, each with its positions in the journal. Confined to one export."""

    def __init__(self) -> None:
        self.captures: list[Capture] = []
        # By the index of the capture; empty without a journal.
        self.positions: dict[int, Sequence[JournalPosition]] = {}
        self._rejections: list[tuple[Rejection, Envelope | None, Sequence[JournalPosition]]] = []
        self._touched: list[JournalPosition] = []
        # The current span's or event's place in the journal.
        self.current: Sequence[JournalPosition] = ()

    def begin(self, positions: Sequence[JournalPosition]) -> None:
        """Start the captures of one span or recorded event.

        Args:
            positions: its place in the journal; for an error that represents others, those of all.
        """
        self.current = positions
        self._touched += positions

    def add(self, capture: Capture) -> None:
        """Add a capture of the current span.

        Args:
            capture: mapped.
        """
        if self.current:
            self.positions[len(self.captures)] = self.current
        self.captures.append(capture)

    def reject(self, rejection: Rejection, envelope: Envelope | None) -> None:
        """Add an event of the current span that cannot become a capture.

        Args:
            rejection: why.
            envelope: the event, as far as it could be read.
        """
        self._rejections.append((rejection, envelope, self.current))

    def hold_back(self) -> None:
        """Leave the current span's position to the count of errors that are held back."""
        del self._touched[len(self._touched) - len(self.current) :]
        self.current = ()

    def settle(self, losses: Sequence[Undelivered], journal: Journal | NullJournal, ledger: Ledger) -> None:
        """Settle the journal's lines after a delivery, and account for the rejected events.

        A rejected event on a line that waits is mapped again with the line, and accounted for then.

        Args:
            losses: the captures that were not delivered.
            journal: holds the lines.
            ledger: accounts for rejected events, and for events that wait from now on.
        """
        waiting: set[JournalPosition] = set()
        deferred = 0
        for loss in losses:
            positions = self.positions.get(loss.index, ())
            if loss.reason.is_retryable and positions:
                waiting.update(positions)
                deferred += not positions[0].segment.is_adopted
        for rejection, envelope, positions in self._rejections:
            if waiting.isdisjoint(positions):
                ledger.rejected(rejection, envelope)
            else:
                deferred += not positions[0].segment.is_adopted
        ledger.deferred(deferred)
        journal.settle([one for one in self._touched if one not in waiting], waiting)
