"""What one export delivers, with the journal's lines that it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from otel.delivery.http import Undelivered
from otel.delivery.journal import Journal, JournalPosition, NullJournal
from otel.envelope import Capture
from otel.outcomes import Ledger

__all__ = ["Batch"]


class Batch:
    """Captures, and for each the positions of the journal that hold it. Confined to one export."""

    def __init__(self) -> None:
        self.captures: list[Capture] = []
        # By the index of the capture; empty without a journal.
        self.positions: dict[int, Sequence[JournalPosition]] = {}
        self._touched: list[JournalPosition] = []
        self._from: Sequence[JournalPosition] = ()

    def begin(self, positions: Sequence[JournalPosition]) -> None:
        """Start the captures of one span.

        Args:
            positions: the span's place in the journal; for an error that represents others, those of all.
        """
        self._from = positions
        self._touched += positions

    def add(self, capture: Capture) -> None:
        """Add a capture of the current span.

        Args:
            capture: mapped.
        """
        if self._from:
            self.positions[len(self.captures)] = self._from
        self.captures.append(capture)

    def hold_back(self) -> None:
        """Leave the current span's position to the count of errors that are held back."""
        del self._touched[len(self._touched) - len(self._from) :]
        self._from = ()

    def settle(self, losses: Iterable[Undelivered], journal: Journal | NullJournal, ledger: Ledger) -> None:
        """Settle the journal's lines after a delivery.

        Args:
            losses: the captures that were not delivered.
            journal: holds the lines.
            ledger: accounts for captures that wait from now on.
        """
        waiting: set[JournalPosition] = set()
        for loss in losses:
            positions = self.positions.get(loss.index, ())
            if loss.reason.is_retryable and positions:
                waiting.update(positions)
                if not positions[0].segment.is_adopted:
                    ledger.deferred(1)
        journal.settle([one for one in self._touched if one not in waiting], waiting)
