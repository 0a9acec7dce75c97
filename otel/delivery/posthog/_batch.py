"""What one export delivers, with the journal's lines that it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from otel.delivery.http.client import Undelivered
from otel.delivery.journal import Journal, JournalPosition
from otel.delivery.posthog.client import RECOVERABLE
from otel.envelope import Capture
from otel.outcomes.counters import Counters

__all__ = ["Batch"]


class Batch:
    """Collect captures, and know for each which lines of the journal hold it."""

    def __init__(self) -> None:
        self.captures: list[Capture] = []
        # By the capture's position; empty without a journal.
        self.lines: dict[int, Sequence[JournalPosition]] = {}
        self._touched: list[JournalPosition] = []
        self._from: Sequence[JournalPosition] = ()

    def begin(self, lines: Sequence[JournalPosition]) -> None:
        """Say where the captures to come are from.

        Args:
            lines: those of a span; of an error that stands for others, those of all.
        """
        self._from = lines
        self._touched += lines

    def add(self, capture: Capture) -> None:
        """Take a capture.

        Args:
            capture: mapped.
        """
        if self._from:
            self.lines[len(self.captures)] = self._from
        self.captures.append(capture)

    def hold_back(self) -> None:
        """Say that the current span's error is counted, and its line's fate the count's."""
        del self._touched[len(self._touched) - len(self._from) :]
        self._from = ()

    def account(self, losses: Iterable[Undelivered], journal: Journal, counters: Counters) -> None:
        """Tell the journal what became of its lines.

        Args:
            losses: the captures that were not delivered.
            journal: whose lines they are.
            counters: count those that wait now and did not before.
        """
        waiting: set[JournalPosition] = set()
        for loss in losses:
            lines = self.lines.get(loss.index, ())
            if loss.reason in RECOVERABLE and lines:
                waiting.update(lines)
                if not lines[0].segment.is_adopted:
                    counters.journaled(1)
        journal.account([line for line in self._touched if line not in waiting], waiting)
