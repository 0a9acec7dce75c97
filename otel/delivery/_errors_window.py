"""Limiting errors while a process runs: a count leaves when its window ends, whatever else happens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from otel._fork import call_in_child
from otel._guard import guarded
from otel.delivery.journal._segment import Line
from otel.delivery.occurrences import WINDOW, OccurrenceLimiter
from otel.mapping.errors import SpanError

__all__ = ["ErrorsWindow"]


class ErrorsWindow:
    """Admit the first errors of a kind in a window, count the others, and see that the counts leave.

    Args:
        send_due: sends what `due` gives; called from a timer's thread.
    """

    def __init__(self, send_due: Callable[[], object]) -> None:
        self._send_due = send_due
        self._limiter = OccurrenceLimiter()
        self._timer: threading.Timer | None = None
        call_in_child(self._forget_parents_errors)

    def admit(self, error: SpanError, lines: Sequence[Line] = ()) -> bool:
        """Whether an error goes in full; otherwise it is counted.

        Args:
            error: what happened.
            lines: where the journal holds it.
        """
        return self._limiter.admit(error, lines)

    def due(self, *, everything: bool = False) -> list[tuple[SpanError, int, list[Line]]]:
        """Return the errors that stand for others, with counts and lines, of the windows that are over.

        Args:
            everything: also of the windows under way, for a flush.
        """
        return self._limiter.due(everything=everything)

    def watch(self) -> None:
        """Send what is due when the window ends, if anything is held back."""
        if self._limiter.is_holding_back and (self._timer is None or not self._timer.is_alive()):
            self._timer = threading.Timer(WINDOW, self._end)
            self._timer.daemon = True
            with guarded("starting a timer"):
                self._timer.start()

    def stop(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _end(self) -> None:
        with guarded("ending a window of errors"):
            self._send_due()
            self.watch()

    def _forget_parents_errors(self) -> None:
        """Leave to the parent what it has counted: a child that sent it too would double the sum."""
        self._limiter = OccurrenceLimiter()
        self._timer = None
