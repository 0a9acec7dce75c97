"""What a team's choices come to when another account is connected: they were made of the one before."""

from __future__ import annotations

from apps.integrations.models import JiraProject, Provider, SlackFeatures
from apps.metrics.models import Repository
from apps.teams.models import Team

__all__ = ["forget_choices"]


def forget_choices(team: Team, provider: Provider) -> None:
    """Track and follow nothing of the account before; what was read of it stays.

    Args:
        team: whose.
        provider: of which another account is connected.
    """
    match provider:
        case Provider.GITHUB:
            Repository.objects.filter(team=team, is_tracked=True).update(is_tracked=False)
        case Provider.JIRA:
            JiraProject.objects.filter(team=team).delete()
        case Provider.SLACK:
            SlackFeatures.objects.filter(team=team).delete()
