"""RFC 3339, as the inspector writes times."""

from __future__ import annotations

from datetime import datetime

__all__ = ["rfc3339"]


def rfc3339(time: datetime) -> str:
    """Return a UTC time with microseconds, as PostHog's column keeps them.

    Args:
        time: in UTC.
    """
    return time.isoformat(timespec="microseconds")[:-6] + "Z"
