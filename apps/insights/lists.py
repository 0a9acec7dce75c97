"""Which insights a team sees, and in which order."""

from __future__ import annotations

from django.db.models import Case, QuerySet, When

from apps.insights.models import Insight, Priority
from apps.teams.models import Team

__all__ = ["dismissed_insights", "open_insights"]

_URGENCY = Case(*(When(priority=priority, then=rank) for rank, priority in enumerate(Priority)))


def open_insights(team: Team) -> QuerySet[Insight]:
    """Return what nobody has dismissed, the most urgent first, and of those the newest.

    Args:
        team: whose.
    """
    return team.insights.filter(dismissed_at=None).order_by(_URGENCY, "-found_at", "-pk")


def dismissed_insights(team: Team) -> QuerySet[Insight]:
    """Return what somebody has dismissed, the latest first.

    Args:
        team: whose.
    """
    return team.insights.filter(dismissed_at__isnull=False).order_by("-dismissed_at", "-pk")
