"""Effects of deleting an account on the person's teams."""

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
    """The effects on a person's teams if the person leaves all of them.

    Args:
        would_lack_admin: teams whose remaining members would have no admin.
        ended: teams without another member, which are deleted.
        left: teams that continue, each with the number of remaining members.
    """

    would_lack_admin: list[Team]
    ended: list[Team]
    left: list[tuple[Team, int]]

    def consequences(self) -> list[Consequence]:
        """Return the effects as texts for the person."""
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
    """Return the effects on a person's teams if the account is deleted.

    Args:
        user: the person.
    """
    return _sort(user, list(_teams(user)))


def leave_all_teams(user: User) -> None:
    """Prepare a person's teams for the deletion of the account, which deletes the memberships.

    Teams without another member are deleted. The caller deletes the account in the same transaction.

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
    # Always in the same order, so that concurrent deletions cannot deadlock.
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
