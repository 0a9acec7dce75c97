"""Identities for events about a team, and this app's properties of a person and of a team."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from apps.teams.events import RoleName
from apps.teams.models import Membership, Team
from apps.teams.properties import PlanName, TeamProperties
from apps.users.identity import TeamFields, identify, team_of
from apps.users.models import User
from apps.users.properties import UserProperties
from otel import Identity
from otel.identity import FixedIdentity, current_identity, identified

__all__ = [
    "acting_for",
    "current_identity_in",
    "identity_in",
    "person_facts",
    "team_facts",
    "team_identity",
]


def identity_in(user: User, team: Team) -> Identity:
    """Return a person's identity in a team, regardless of the request's current team.

    Args:
        user: the person.
        team: the team that the event is attributed to.
    """
    return replace(identify(user), **_fields(team))


def team_identity(team: Team) -> Identity:
    """Return the identity for events of a team that no person causes, for example in a scheduled task.

    Args:
        team: the team that the event is attributed to.
    """
    return Identity(**_fields(team))


def current_identity_in(team: Team) -> Identity:
    """Return the current person's identity in a team, or the team's alone if there is no person.

    Args:
        team: the team that the event is attributed to, regardless of the request's current team.
    """
    return replace(current_identity() or Identity(), **_fields(team))


def acting_for(team: Team) -> identified:
    """Return a context manager that attributes recorded events and sent tasks to a team.

    Args:
        team: the team, regardless of the current team of the request or task.
    """
    return identified(FixedIdentity(current_identity_in(team)))


def _fields(team: Team) -> TeamFields:
    return team_of(str(team.public_id), team.slug)


def person_facts(user: User) -> UserProperties:
    """Return the person properties that depend on memberships; runs one query.

    Args:
        user: the person.
    """
    roles = list(
        Membership.objects.filter(user=user).order_by("-current_since", "-pk").values_list("role", flat=True)
    )
    return UserProperties(role=cast("RoleName", roles[0]) if roles else None, teams_count=len(roles))


def team_facts(team: Team) -> TeamProperties:
    """Return this app's group properties of a team; runs one query.

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
