"""The reason why a page is empty, which decides what the page suggests to do next."""

from __future__ import annotations

from typing import Literal

from apps.metrics.filters.view_state import MetricsView

__all__ = ["Emptiness", "emptiness"]

Emptiness = Literal["unconnected", "unchosen", "unsynced", "filtered"]


def emptiness(seen: MetricsView) -> Emptiness:
    """Return why a view is empty; this takes a query, so call it only for an empty view.

    Args:
        seen: the empty view.
    """
    if not seen.repositories:
        return "unchosen" if seen.team.repositories.exists() else "unconnected"
    return "filtered" if seen.team.pull_requests.exists() else "unsynced"
