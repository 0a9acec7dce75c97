"""The RFC 3339 format in which the inspector writes times."""

from __future__ import annotations

from datetime import datetime

__all__ = ["rfc3339"]


def rfc3339(time: datetime) -> str:
    """Return a time as RFC 3339 with microseconds, the precision of PostHog's column.

    Args:
        time: an aware datetime in UTC.
    """
    return time.isoformat(timespec="microseconds")[:-6] + "Z"
