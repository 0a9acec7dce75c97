"""Limiting errors of one kind: the first few are sent in full, the others are counted and sent as one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from otel._fork import call_in_child
from otel._guard import suppress_internal_errors
from otel.delivery.journal import JournalPosition
from otel.exceptions import raise_site
from otel.mapping.errors import ErrorRecord

__all__ = ["FIRST", "WINDOW", "ErrorLimiter", "HeldBackErrors"]

# A loop that fails for all users sends a handful of examples a minute instead of thousands.
FIRST = 5
WINDOW = 60.0  # seconds

# The number of kinds that are remembered. A program with more of them in a minute sends the oldest kind's
# count early.
_MAX_KINDS = 1_000

HeldBackErrors = tuple[ErrorRecord, int, list[JournalPosition]]
"""The first error that was held back, the number of errors, and where the journal holds them."""


def _key(error: ErrorRecord) -> str:
    """Return the key of a kind: unlike errors of one function differ in their raise sites."""
    # Without frames, the message would take their place, with everything that varies in it.
    site = raise_site(error.exceptions) if error.exceptions[0].frames else ""
    return f"{error.fingerprint}:{site}:{error.is_handled}"


@dataclass(slots=True)
class _Kind:
    began: float
    admitted: int = 0
    held_back: int = 0
    first_held_back: ErrorRecord | None = None
    positions: list[JournalPosition] = field(default_factory=list)


class ErrorLimiter:
    """A limit for errors of one kind within a window. Thread-safe.

    The number of admitted errors plus the counts of those held back is always the number of errors.

    Args:
        send_due: sends what `due` returns; called from a timer thread when a window ends.
        clock: returns monotonic seconds.
    """

    def __init__(self, send_due: Callable[[], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._send_due = send_due
        self._clock = clock
        self._lock = threading.Lock()
        self._kinds: dict[str, _Kind] = {}
        self._timer: threading.Timer | None = None
        call_in_child(self._after_fork)

    def admit(self, error: ErrorRecord, positions: Sequence[JournalPosition] = ()) -> bool:
        """Return whether an error is sent in full; otherwise it is counted.

        Args:
            error: what happened.
            positions: where the journal holds it, because a count is in memory only and is lost with the
                process.
        """
        key = _key(error)
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
            kind.positions += positions
            return False

    def due(self, *, everything: bool = False) -> list[HeldBackErrors]:
        """Return the errors that were held back in the windows that have ended.

        Args:
            everything: whether to return those of the current windows as well, for a flush.
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
            (kind.first_held_back, kind.held_back, kind.positions)
            for kind in kinds
            if kind.first_held_back is not None
        ]

    def start_timer(self) -> None:
        """Send what is due when the window ends, if errors are held back."""
        with self._lock:
            is_needed = any(kind.held_back for kind in self._kinds.values())
        if is_needed and (self._timer is None or not self._timer.is_alive()):
            self._timer = threading.Timer(WINDOW, self._on_timer)
            self._timer.daemon = True
            with suppress_internal_errors("starting a timer"):
                self._timer.start()

    def stop(self) -> None:
        """Cancel the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def _on_timer(self) -> None:
        with suppress_internal_errors("ending a window of errors"):
            self._send_due()
            self.start_timer()

    def _after_fork(self) -> None:
        """Forget the parent's counts in a forked child, which would otherwise send them a second time."""
        self._lock = threading.Lock()
        self._kinds = {}
        self._timer = None
