"""The sandbox's clock, which can be told that time has passed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["MOST_DAYS", "Clock", "wall_time"]

# Decades away nothing is believable any more, and the histories get long.
MOST_DAYS = 400


def wall_time() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)


class Clock:
    """Tell the time at the sandbox: the machine's, ahead by what it was advanced.

    Args:
        now: what it goes by; tests let it stand still.
    """

    def __init__(self, now: Callable[[], datetime] = wall_time) -> None:
        self._now = now
        self.ahead = timedelta()

    def now(self) -> datetime:
        """Return the sandbox's time."""
        return self._now() + self.ahead
