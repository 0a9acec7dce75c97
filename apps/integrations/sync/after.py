"""What follows a team's syncs: looking for insights."""

from __future__ import annotations

from celery import shared_task

from apps.insights.finding import find
from apps.teams.models import Team
from apps.teams.telemetry import acting_for

__all__ = ["find_insights"]


@shared_task(name="apps.integrations.tasks.find_insights")
def find_insights(team_pk: int) -> None:
    """Look at what a team's syncs have brought; a task of its own, so that a fault here ends no sync.

    Args:
        team_pk: the `Team`.
    """
    team = Team.objects.filter(pk=team_pk).first()
    if team is not None:
        with acting_for(team):
            find(team)
