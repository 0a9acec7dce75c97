"""Telling PostHog what has become of a person and of a team, from the database's own facts."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from apps.teams.events import RoleName
from apps.teams.models import Membership, Team
from apps.teams.properties import PlanName, TeamProperties
from apps.users.identity import identify
from apps.users.models import User
from apps.users.properties import UserProperties
from otel import Identity, set_group, set_person

__all__ = ["identity_in", "person_facts", "team_facts", "team_identity", "update_person", "update_team"]


def identity_in(user: User, team: Team) -> Identity:
    """Return a person's identity in a team, whichever team the request is about.

    Args:
        user: the person.
        team: the team that the event is attributed to.
    """
    return replace(identify(user), groups={"team": str(team.public_id)})


def team_identity(team: Team) -> Identity:
    """Return the identity of what happens to a team by nobody's hand, such as a scheduled task.

    Args:
        team: the team that the event is attributed to.
    """
    return Identity(groups={"team": str(team.public_id)})


def person_facts(user: User) -> UserProperties:
    """Read what teams know of a person, in one query.

    Args:
        user: the person.
    """
    roles = list(
        Membership.objects.filter(user=user).order_by("-current_since", "-pk").values_list("role", flat=True)
    )
    return UserProperties(role=cast("RoleName", roles[0]) if roles else None, teams_count=len(roles))


def team_facts(team: Team) -> TeamProperties:
    """Read what this app knows of a team, in one query.

    Args:
        team: the team.
    """
    return TeamProperties(
        name=team.name,
        slug=team.slug,
        plan=cast("PlanName", team.plan),
        onboarding_complete=team.onboarded_at is not None,
        member_count=team.memberships.count(),
        created_at=team.created_at.isoformat(),
    )


def update_person(user: User) -> None:
    """Send a person's role and number of teams, after the commit.

    Args:
        user: the person, who need not be the one that the request is of.
    """
    set_person(person_facts(user), identity=identify(user))


def update_team(team: Team) -> None:
    """Send a team's facts, after the commit.

    Args:
        team: the team.
    """
    set_group(team_facts(team), key=str(team.public_id))
