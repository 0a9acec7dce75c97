"""Telling PostHog what the pull requests say of a team, from the database's own facts."""

from __future__ import annotations

from django.db.models import Count, Q

from apps.metrics.figures.figures import share
from apps.teams.models import Team
from apps.teams.properties import TeamProperties
from otel import set_group

__all__ = ["metrics_facts", "update_metrics"]


def metrics_facts(team: Team) -> TeamProperties:
    """Read what this app knows of a team, in one query.

    Args:
        team: the team.
    """
    counted = team.pull_requests.aggregate(
        total=Count("pk"), assisted=Count("pk", filter=Q(is_ai_assisted=True))
    )
    # A team without pull requests has adopted nothing; leaving the property out would leave an older one.
    rate = share(counted["assisted"], counted["total"]) or 0.0
    return TeamProperties(total_prs=counted["total"], ai_adoption_rate=round(rate, 1))


def update_metrics(team: Team) -> None:
    """Send what the pull requests say of a team, after the commit.

    Args:
        team: the team.
    """
    set_group(metrics_facts(team), key=str(team.public_id))
