"""Making teams, and changing who is in them and as what.

Each change reads the memberships around it for its own sake: what PostHog is told follows from those.
"""

from __future__ import annotations

from typing import NamedTuple, cast

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.teams.events import RoleName
from apps.teams.models import Membership, Role, Team
from apps.teams.properties import PlanName, TeamProperties
from apps.users.identity import identify
from apps.users.models import User
from apps.users.properties import UserProperties
from otel import Identity, set_group, set_person

__all__ = [
    "LastAdminError",
    "NameTakenError",
    "change_role",
    "create_team",
    "join",
    "remove_member",
    "turn_to",
]


class LastAdminError(Exception):
    """Raised for a change that would leave a team without an admin."""


class NameTakenError(Exception):
    """Raised for a team of a name that another team of the same person has."""


class _Around(NamedTuple):
    """The memberships that the change of one depends on.

    Args:
        of_team: everybody's in the team.
        of_user: the person's in every team, the current one first.
    """

    of_team: list[Membership]
    of_user: list[Membership]


@transaction.atomic
def create_team(user: User, *, name: str, slug: str) -> Membership:
    """Make a team, with the person who asks as its first admin, and turn the person to it.

    Args:
        user: the person.
        name: as its members call it.
        slug: its readable name in addresses; not taken.

    Raises:
        NameTakenError: if the person has a team of this name: nobody could tell them apart in the menu, and
            the second half of a double click makes none.
    """
    User.objects.select_for_update().get(pk=user.pk)
    names = [one.casefold() for one in user.memberships.values_list("team__name", flat=True)]
    if name.casefold() in names:
        raise NameTakenError
    team = Team.objects.create(name=name, slug=slug)
    membership = Membership.objects.create(team=team, user=user, role=Role.ADMIN)
    set_group(
        TeamProperties(
            name=team.name,
            slug=team.slug,
            plan=cast("PlanName", team.plan),
            onboarding_complete=False,
            member_count=1,
            repos_tracked=0,
            total_prs=0,
            ai_adoption_rate=0.0,
            created_at=team.created_at.isoformat(),
        ),
        key=str(team.public_id),
    )
    _tell_person(user, role=Role.ADMIN, teams_count=len(names) + 1)
    return membership


@transaction.atomic
def join(user: User, team: Team, role: str) -> tuple[Membership, bool]:
    """Let a person into a team, or leave a member as what they are, and turn the person to it.

    Args:
        user: the person.
        team: locked by the caller.
        role: what a new member may do.

    Returns:
        The membership, and whether it is new.
    """
    around = _around(team, user)
    known = next((one for one in around.of_team if one.user_id == user.pk), None)
    if known is not None:
        known.user, known.team = user, team
        turn_to(known)
        return known, False
    membership = Membership.objects.create(team=team, user=user, role=role)
    _tell_person(user, role=role, teams_count=len(around.of_user) + 1)
    # A person who signs up by the invitation is not logged in yet.
    _tell_team(team, member_count=len(around.of_team) + 1, by=identify(user))
    return membership, True


@transaction.atomic
def turn_to(membership: Membership) -> None:
    """Make a team the one that its member works in.

    Args:
        membership: the member's.
    """
    membership.current_since = timezone.now()
    membership.save(update_fields=["current_since"])
    _tell_person(membership.user, role=membership.role)


@transaction.atomic
def change_role(membership: Membership, role: Role) -> None:
    """Let a member do more, or less.

    Args:
        membership: whose.
        role: the new one.

    Raises:
        LastAdminError: if nobody else is an admin.
    """
    around = _locked_around(membership)
    if membership.role == role:
        return
    _leave_an_admin(membership, around)
    membership.role = role
    membership.save(update_fields=["role"])
    if around.of_user[0].pk == membership.pk:
        _tell_person(membership.user, role=role)


@transaction.atomic
def remove_member(membership: Membership) -> None:
    """Take a person out of a team.

    Args:
        membership: whose, in which team.

    Raises:
        LastAdminError: if nobody else is an admin.
    """
    around = _locked_around(membership)
    _leave_an_admin(membership, around)
    was_current = around.of_user[0].pk == membership.pk
    rest = [one for one in around.of_user if one.pk != membership.pk]
    membership.delete()
    _tell_person(membership.user, role=rest[0].role if was_current and rest else None, teams_count=len(rest))
    _tell_team(membership.team, member_count=len(around.of_team) - 1)


def _locked_around(membership: Membership) -> _Around:
    """Lock the team, so that of two changes at once one waits, and read the membership as it is by now.

    Raises:
        Membership.DoesNotExist: if it is gone by now.
    """
    Team.objects.select_for_update().get(pk=membership.team_id)
    around = _around(membership.team, membership.user)
    now = next((one for one in around.of_team if one.pk == membership.pk), None)
    if now is None:
        raise Membership.DoesNotExist
    membership.role = now.role
    return around


def _around(team: Team, user: User) -> _Around:
    """Read in one query what tells whether a change may be, and what it makes of person and team."""
    rows = list(Membership.objects.filter(Q(team=team) | Q(user=user)).order_by("-current_since", "-pk"))
    return _Around(
        of_team=[one for one in rows if one.team_id == team.pk],
        of_user=[one for one in rows if one.user_id == user.pk],
    )


def _leave_an_admin(membership: Membership, around: _Around) -> None:
    """Raise `LastAdminError` if the team has no other admin."""
    if membership.role == Role.ADMIN and not any(
        one.role == Role.ADMIN for one in around.of_team if one.pk != membership.pk
    ):
        raise LastAdminError


def _tell_person(user: User, *, role: str | None, teams_count: int | None = None) -> None:
    set_person(
        UserProperties(role=cast("RoleName | None", role), teams_count=teams_count), identity=identify(user)
    )


def _tell_team(team: Team, *, member_count: int, by: Identity | None = None) -> None:
    set_group(TeamProperties(member_count=member_count), key=str(team.public_id), identity=by)
