"""The sandbox's clock, which can be advanced."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["MOST_DAYS", "Clock", "wall_time"]

# Beyond about a year, the data is no longer believable and the histories get long.
MOST_DAYS = 400


def wall_time() -> datetime:
    """Return the machine's time in UTC."""
    return datetime.now(UTC)


class Clock:
    """The sandbox's clock: the machine's time plus the time by which it was advanced.

    Args:
        now: returns the base time; tests pass a constant time.
    """

    def __init__(self, now: Callable[[], datetime] = wall_time) -> None:
        self._now = now
        self.ahead = timedelta()

    def now(self) -> datetime:
        """Return the sandbox's time."""
        return self._now() + self.ahead
