"""Why there is nothing to see, which decides what to do next."""

from __future__ import annotations

from typing import Literal

from apps.metrics.filters.view_state import MetricsView

__all__ = ["Emptiness", "emptiness"]

Emptiness = Literal["unconnected", "unchosen", "unsynced", "filtered"]


def emptiness(seen: MetricsView) -> Emptiness:
    """Return why a look has found nothing; only who has found nothing asks, and pays the query.

    Args:
        seen: what was looked at.
    """
    if not seen.repositories:
        return "unchosen" if seen.team.repositories.exists() else "unconnected"
    return "filtered" if seen.team.pull_requests.exists() else "unsynced"
