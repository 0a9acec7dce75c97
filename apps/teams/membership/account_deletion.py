"""What becomes of a person's teams when the account is deleted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db import models

from apps.teams.models import Membership, Role, Team
from apps.teams.properties import TeamProperties
from apps.users.deletion import AccountNeededError, Consequence
from apps.users.models import User
from otel import set_group

__all__ = ["Departure", "departure_of", "leave_all_teams"]


@dataclass(frozen=True)
class Departure:
    """Be what a person leaves behind.

    Args:
        stranded: teams that would be left without an admin.
        ended: teams that have no other member.
        left: teams that go on, each with how many are left in it.
    """

    would_lack_admin: list[Team]
    ended: list[Team]
    left: list[tuple[Team, int]]

    def consequences(self) -> list[Consequence]:
        """Say it to the person."""
        return [
            *(
                Consequence(
                    f"{team} has no other admin: make another member one on its team page first.",
                    is_obstacle=True,
                )
                for team in self.would_lack_admin
            ),
            *(
                Consequence(f"{team} is deleted too, with all its data: you are its only member.")
                for team in self.ended
            ),
            *(
                Consequence(f"You leave {team}. What you have connected there stays connected.")
                for team, _ in self.left
            ),
        ]


def departure_of(user: User) -> Departure:
    """Find out what would become of a person's teams.

    Args:
        user: the person.
    """
    return _sort(user, list(_teams(user)))


def leave_all_teams(user: User) -> None:
    """Let a person go from every team; the memberships go with the account, in the same transaction.

    Args:
        user: the person.

    Raises:
        AccountNeededError: if a team would be left without an admin.
    """
    departure = _sort(user, list(_teams(user).select_for_update(of=("self",))))
    if departure.would_lack_admin:
        raise AccountNeededError
    for team in departure.ended:
        key = str(team.public_id)
        team.delete()
        set_group(TeamProperties(member_count=0, repos_tracked=0, total_prs=0), key=key)
    for team, members in departure.left:
        set_group(TeamProperties(member_count=members), key=str(team.public_id))


def _teams(user: User) -> models.QuerySet[Team]:
    # In one order, so that two who go at once wait for each other and not in a circle.
    return Team.objects.filter(memberships__user=user).order_by("pk")


def _sort(user: User, teams: list[Team]) -> Departure:
    others = defaultdict(list)
    for team_id, role in (
        Membership.objects.filter(team__in=teams).exclude(user=user).values_list("team_id", "role")
    ):
        others[team_id].append(role)
    return Departure(
        would_lack_admin=[team for team in teams if others[team.pk] and Role.ADMIN not in others[team.pk]],
        ended=[team for team in teams if not others[team.pk]],
        left=[(team, len(others[team.pk])) for team in teams if Role.ADMIN in others[team.pk]],
    )
