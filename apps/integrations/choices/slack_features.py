"""Saving of a team's Slack channel and features."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db import transaction

from apps.integrations.events import SlackConfigured
from apps.integrations.models import SlackFeatures
from apps.teams.models import Team
from otel import record

__all__ = ["Features", "save_features"]


@dataclass(frozen=True, kw_only=True)
class Features:
    """The choice of a Slack channel and features.

    Args:
        channel_id: Slack's id of the channel.
        channel_name: the name of the channel, without "#".
        surveys_enabled: whether authors are asked if AI helped.
        leaderboard_enabled: whether the week's most active people are posted.
        reveals_enabled: whether the share of AI-assisted pull requests is posted.
    """

    channel_id: str
    channel_name: str
    surveys_enabled: bool
    leaderboard_enabled: bool
    reveals_enabled: bool


@transaction.atomic
def save_features(team: Team, features: Features) -> bool:
    """Save a choice and record `slack_configured`; return False, and record nothing, if nothing changed.

    `slack_configured` counts configurations: the first one and each one that differs from the one before.
    Saving the same page twice does not count as a second configuration.

    Args:
        team: the team that chooses.
        features: the new choice.
    """
    chosen = asdict(features)
    row, is_first = SlackFeatures.objects.select_for_update().get_or_create(team=team, defaults=chosen)
    if not is_first and all(getattr(row, name) == value for name, value in chosen.items()):
        return False
    if not is_first:
        SlackFeatures.objects.filter(pk=row.pk).update(**chosen)
    record(
        SlackConfigured(
            team_slug=team.slug,
            surveys_enabled=features.surveys_enabled,
            leaderboard_enabled=features.leaderboard_enabled,
            reveals_enabled=features.reveals_enabled,
        )
    )
    return True
