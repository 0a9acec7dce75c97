"""Creating teams and changing their members and roles.

Each change has to read the related memberships anyway; the properties sent to PostHog need no further query.
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
    """Raised for a new team if the person is in another team of the same name."""


class _Around(NamedTuple):
    """The memberships that a change of one membership depends on.

    Args:
        of_team: the memberships of all members of the team.
        of_user: the person's memberships in all teams, the current team's first.
    """

    of_team: list[Membership]
    of_user: list[Membership]


@transaction.atomic
def create_team(user: User, *, name: str, slug: str) -> Membership:
    """Create a team with a person as its first admin, and make it the person's current team.

    Args:
        user: the person.
        name: the display name of the team.
        slug: the name of the team in URLs, which no other team has.

    Raises:
        NameTakenError: if the person is in another team of this name. Nobody could tell the two apart in the
            menu, and a double click would create two teams.
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
    _update_person(user, role=Role.ADMIN, teams_count=len(names) + 1)
    return membership


@transaction.atomic
def join(user: User, team: Team, role: str) -> tuple[Membership, bool]:
    """Add a person to a team, and make it the person's current team; an existing member keeps their role.

    Args:
        user: the person.
        team: the team, locked by the caller.
        role: the role of a new member.

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
    _update_person(user, role=role, teams_count=len(around.of_user) + 1)
    # Pass the identity, because a person who signs up with an invitation is not logged in yet.
    _update_team(team, member_count=len(around.of_team) + 1, by=identify(user))
    return membership, True


@transaction.atomic
def turn_to(membership: Membership) -> None:
    """Make a team the current one of its member.

    Args:
        membership: the person's membership in the team.
    """
    membership.current_since = timezone.now()
    membership.save(update_fields=["current_since"])
    _update_person(membership.user, role=membership.role)


@transaction.atomic
def change_role(membership: Membership, role: Role) -> None:
    """Change a member's role.

    Args:
        membership: the membership to change.
        role: the new role.

    Raises:
        LastAdminError: if the member is the only admin.
    """
    around = _locked_around(membership)
    if membership.role == role:
        return
    _require_other_admin(membership, around)
    membership.role = role
    membership.save(update_fields=["role"])
    if around.of_user[0].pk == membership.pk:
        _update_person(membership.user, role=role)


@transaction.atomic
def remove_member(membership: Membership) -> None:
    """Remove a person from a team.

    Args:
        membership: the membership to delete.

    Raises:
        LastAdminError: if the member is the only admin.
    """
    around = _locked_around(membership)
    _require_other_admin(membership, around)
    was_current = around.of_user[0].pk == membership.pk
    rest = [one for one in around.of_user if one.pk != membership.pk]
    membership.delete()
    _update_person(
        membership.user, role=rest[0].role if was_current and rest else None, teams_count=len(rest)
    )
    _update_team(membership.team, member_count=len(around.of_team) - 1)


def _locked_around(membership: Membership) -> _Around:
    """Lock the team, so that changes happen one at a time, and reload the role and the related memberships.

    Raises:
        Membership.DoesNotExist: if the membership was deleted meanwhile.
    """
    Team.objects.select_for_update().get(pk=membership.team_id)
    around = _around(membership.team, membership.user)
    now = next((one for one in around.of_team if one.pk == membership.pk), None)
    if now is None:
        raise Membership.DoesNotExist
    membership.role = now.role
    return around


def _around(team: Team, user: User) -> _Around:
    """Return the memberships that decide whether a change is allowed and which properties it changes."""
    rows = list(Membership.objects.filter(Q(team=team) | Q(user=user)).order_by("-current_since", "-pk"))
    return _Around(
        of_team=[one for one in rows if one.team_id == team.pk],
        of_user=[one for one in rows if one.user_id == user.pk],
    )


def _require_other_admin(membership: Membership, around: _Around) -> None:
    """Raise `LastAdminError` if the member is the team's only admin."""
    if membership.role == Role.ADMIN and not any(
        one.role == Role.ADMIN for one in around.of_team if one.pk != membership.pk
    ):
        raise LastAdminError


def _update_person(user: User, *, role: str | None, teams_count: int | None = None) -> None:
    set_person(
        UserProperties(role=cast("RoleName | None", role), teams_count=teams_count), identity=identify(user)
    )


def _update_team(team: Team, *, member_count: int, by: Identity | None = None) -> None:
    set_group(TeamProperties(member_count=member_count), key=str(team.public_id), identity=by)
