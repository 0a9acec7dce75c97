"""The task that looks for insights after a team's syncs."""

from __future__ import annotations

from celery import shared_task

from apps.insights.finding import find
from apps.teams.models import Team
from apps.teams.telemetry import acting_for

__all__ = ["find_insights"]


@shared_task(name="apps.integrations.tasks.find_insights")
def find_insights(team_pk: int) -> None:
    """Look for insights in a team's data; a separate task, so that an error here does not fail a sync.

    Args:
        team_pk: the primary key of the `Team`.
    """
    team = Team.objects.filter(pk=team_pk).first()
    if team is not None:
        with acting_for(team):
            find(team)
