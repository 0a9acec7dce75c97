"""Limiting errors of one kind: the first few go in full, the rest are counted and go as one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from otel._fork import call_in_child
from otel._guard import suppress_internal_errors
from otel.delivery.journal import JournalPosition
from otel.mapping.errors import ErrorRecord

__all__ = ["WINDOW", "ErrorLimiter", "OccurrenceLimiter"]

# A loop that fails for all users sends a handful of examples a minute instead of thousands.
FIRST = 5
WINDOW = 60.0  # seconds

# Kinds of errors remembered at once; a program with more of them than this in a minute sends the oldest
# kind's count early.
_MAX_KINDS = 1_000


@dataclass(slots=True)
class _Kind:
    began: float
    admitted: int = 0
    held_back: int = 0
    first_held_back: ErrorRecord | None = None
    lines: list[JournalPosition] = field(default_factory=list)


class OccurrenceLimiter:
    """Admit the first errors of a kind in a window, and count the others.

    The sum of what is admitted and of the counts is always the number of errors.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kinds: dict[str, _Kind] = {}

    def admit(self, error: ErrorRecord, lines: Sequence[JournalPosition] = ()) -> bool:
        """Whether an error goes in full; otherwise it is counted.

        Args:
            error: what happened.
            lines: where the journal holds it: a count that is in memory only dies with the process.
        """
        key = f"{error.fingerprint}:{error.is_handled}"
        with self._lock:
            kind = self._kinds.get(key)
            if kind is None:
                kind = self._kinds[key] = _Kind(self._clock())
            if kind.admitted < FIRST and kind.held_back == 0:
                kind.admitted += 1
                return True
            if kind.first_held_back is None:
                kind.first_held_back = error
            kind.held_back += 1
            kind.lines += lines
            return False

    def due(self, *, everything: bool = False) -> list[tuple[ErrorRecord, int, list[JournalPosition]]]:
        """Return the errors that stand for others, with counts and lines, of the windows that are over.

        Args:
            everything: also of the windows under way, for a flush.
        """
        with self._lock:
            now = self._clock()
            surplus = len(self._kinds) - _MAX_KINDS
            ended = [
                key
                for position, (key, kind) in enumerate(self._kinds.items())
                if everything or now - kind.began >= WINDOW or position < surplus
            ]
            kinds = [self._kinds.pop(key) for key in ended]
        return [
            (kind.first_held_back, kind.held_back, kind.lines)
            for kind in kinds
            if kind.first_held_back is not None
        ]

    @property
    def is_holding_back(self) -> bool:
        """Whether a count waits for its window to end."""
        with self._lock:
            return any(kind.held_back for kind in self._kinds.values())


class ErrorLimiter:
    """Admit the first errors of a kind in a window, count the others, and see that the counts leave.

    Args:
        send_due: sends what `due` gives; called from a timer's thread.
    """

    def __init__(self, send_due: Callable[[], object]) -> None:
        self._send_due = send_due
        self._limiter = OccurrenceLimiter()
        self._timer: threading.Timer | None = None
        call_in_child(self._after_fork)

    def admit(self, error: ErrorRecord, lines: Sequence[JournalPosition] = ()) -> bool:
        """Whether an error goes in full; otherwise it is counted.

        Args:
            error: what happened.
            lines: where the journal holds it.
        """
        return self._limiter.admit(error, lines)

    def due(self, *, everything: bool = False) -> list[tuple[ErrorRecord, int, list[JournalPosition]]]:
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
            with suppress_internal_errors("starting a timer"):
                self._timer.start()

    def stop(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _end(self) -> None:
        with suppress_internal_errors("ending a window of errors"):
            self._send_due()
            self.watch()

    def _after_fork(self) -> None:
        """Leave to the parent what it has counted: a child that sent it too would double the sum."""
        self._limiter = OccurrenceLimiter()
        self._timer = None
