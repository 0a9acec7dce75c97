"""Making teams, and changing who is in them and as what."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from apps.teams.models import Membership, Role, Team
from apps.teams.standing import team_facts, update_person, update_team
from apps.users.models import User
from otel import set_group

__all__ = ["LastAdminError", "change_role", "create_team", "remove_member"]


class LastAdminError(Exception):
    """Raised for a change that would leave a team without an admin."""


@transaction.atomic
def create_team(user: User, *, name: str, slug: str) -> Membership:
    """Make a team, with the person who asks as its first admin.

    Args:
        user: the person.
        name: as its members call it.
        slug: its readable name in addresses; not taken.
    """
    team = Team.objects.create(name=name, slug=slug)
    membership = Membership.objects.create(team=team, user=user, role=Role.ADMIN)
    facts = replace(team_facts(team), onboarding_complete=False, repos_tracked=0, total_prs=0)
    set_group(facts, key=str(team.public_id))
    return membership


@transaction.atomic
def change_role(membership: Membership, role: Role) -> None:
    """Let a member do more, or less.

    Args:
        membership: whose.
        role: the new one.

    Raises:
        LastAdminError: if nobody else is an admin.
    """
    if membership.role == role:
        return
    _leave_an_admin(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    update_person(membership.user)


@transaction.atomic
def remove_member(membership: Membership) -> None:
    """Take a person out of a team.

    Args:
        membership: whose, in which team.

    Raises:
        LastAdminError: if nobody else is an admin.
    """
    _leave_an_admin(membership)
    membership.delete()
    update_person(membership.user)
    update_team(membership.team)


def _leave_an_admin(membership: Membership) -> None:
    """Raise `LastAdminError` if the team has no other admin; of two at once, the lock lets one wait."""
    Team.objects.select_for_update().get(pk=membership.team_id)
    others = Membership.objects.filter(team_id=membership.team_id, role=Role.ADMIN).exclude(pk=membership.pk)
    if membership.role == Role.ADMIN and not others.exists():
        raise LastAdminError
