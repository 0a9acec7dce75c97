"""The onboarding step that connecting GitHub completes."""

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
    """Record that GitHub was connected during the onboarding, and complete the onboarding's first step.

    Do nothing if the team has finished its onboarding.

    Args:
        team: the team that is being set up.
        account: the organization's account on GitHub.
        member_count: the number of the organization's members on GitHub.
        user: the person who connected GitHub.
    """
    if team.onboarded_at:
        return
    record(
        GithubConnected(team_slug=team.slug, org_name=account.name, member_count=member_count),
        identity=identity_in(user, team),
    )
    complete(team, Step.GITHUB, user=user)
