"""Querysets of a team's open and dismissed insights."""

from __future__ import annotations

from django.db.models import Case, QuerySet, When

from apps.insights.models import Insight, Priority
from apps.teams.models import Team

__all__ = ["dismissed_insights", "open_insights"]

_URGENCY = Case(*(When(priority=priority, then=rank) for rank, priority in enumerate(Priority)))


def open_insights(team: Team) -> QuerySet[Insight]:
    """Return the insights that nobody has dismissed, by urgency and then the newest first.

    Args:
        team: the team that the insights belong to.
    """
    return team.insights.filter(dismissed_at=None).order_by(_URGENCY, "-found_at", "-pk")


def dismissed_insights(team: Team) -> QuerySet[Insight]:
    """Return the dismissed insights, the most recently dismissed first.

    Args:
        team: the team that the insights belong to.
    """
    return team.insights.filter(dismissed_at__isnull=False).order_by("-dismissed_at", "-pk")
