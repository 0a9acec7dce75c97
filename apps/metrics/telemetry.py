"""Group properties of a team that are computed from its pull requests in the database."""

from __future__ import annotations

from django.db.models import Count, Q

from apps.metrics.figures.figures import share
from apps.teams.models import Team
from apps.teams.properties import TeamProperties
from otel import set_group

__all__ = ["metrics_facts", "update_metrics"]


def metrics_facts(team: Team) -> TeamProperties:
    """Return this app's properties of a team, in one query.

    Args:
        team: the team whose pull requests are counted.
    """
    counted = team.pull_requests.aggregate(
        total=Count("pk"), assisted=Count("pk", filter=Q(is_ai_assisted=True))
    )
    # Send 0 for a team without pull requests: without the property, PostHog would keep an older value.
    rate = share(counted["assisted"], counted["total"]) or 0.0
    return TeamProperties(total_prs=counted["total"], ai_adoption_rate=round(rate, 1))


def update_metrics(team: Team) -> None:
    """Send this app's properties of a team to PostHog, after the commit.

    Args:
        team: the team to update.
    """
    set_group(metrics_facts(team), key=str(team.public_id))
