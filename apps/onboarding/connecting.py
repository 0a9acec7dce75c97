"""What GitHub's connection means to the onboarding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from apps.onboarding.events import GithubConnected
from apps.onboarding.models import Step
from apps.onboarding.steps import complete
from apps.teams.telemetry import identity_in
from otel import record

if TYPE_CHECKING:
    from apps.integrations.providers.grant import Account
    from apps.teams.models import Team
    from apps.users.models import User

__all__ = ["github_connected"]


@transaction.atomic
def github_connected(team: Team, account: Account, member_count: int, *, user: User) -> None:
    """Record that GitHub was connected on the way through the onboarding, which does its first step.

    Args:
        team: whose onboarding; one that is over is not opened again.
        account: the organisation at GitHub.
        member_count: how many members it has there.
        user: who has connected it.
    """
    if team.onboarded_at:
        return
    record(
        GithubConnected(team_slug=team.slug, org_name=account.name, member_count=member_count),
        identity=identity_in(user, team),
    )
    complete(team, Step.GITHUB, user=user)
