"""Lookup of a request's current team: the team chosen in this session, otherwise the last used one."""

from __future__ import annotations

from django.http import HttpRequest

from apps.teams.models import Membership, Team
from apps.users.models import User

__all__ = ["current_membership", "make_current", "memberships_of"]

_SESSION_KEY = "team"


def memberships_of(request: HttpRequest) -> list[Membership]:
    """Return the memberships of the request's user, the last used first; runs one query per request.

    Args:
        request: the current request.
    """
    user = request.user
    if not isinstance(user, User):
        return []
    known: tuple[int, list[Membership]] | None = getattr(request, "_memberships", None)
    if known is None or known[0] != user.pk:  # the user changes if a request logs in or out
        memberships = list(user.memberships.select_related("team").order_by("-current_since", "-pk"))
        known = (user.pk, memberships)
        _remember(request, known)
    return known[1]


def current_membership(request: HttpRequest) -> Membership | None:
    """Return the membership in the current team; None for a person without a team.

    Args:
        request: the current request.
    """
    memberships = memberships_of(request)
    chosen = request.session.get(_SESSION_KEY) if memberships else None
    current = next(
        (one for one in memberships if str(one.team.public_id) == chosen),
        memberships[0] if memberships else None,
    )
    _set_team_fields(request, current.team if current else None)
    return current


def make_current(request: HttpRequest, membership: Membership) -> None:
    """Make a team the current one of the session.

    Args:
        request: the current request.
        membership: the person's own membership in the team.
    """
    request.session[_SESSION_KEY] = str(membership.team.public_id)
    _remember(request, None)
    request.__dict__["team"] = membership.team
    _set_team_fields(request, membership.team)


def _set_team_fields(request: HttpRequest, team: Team | None) -> None:
    """Set the attributes of the request where `apps.users.identity` finds the team without a query."""
    request.__dict__["team_key"] = str(team.public_id) if team else None
    request.__dict__["team_slug"] = team.slug if team else None


def _remember(request: HttpRequest, known: tuple[int, list[Membership]] | None) -> None:
    request.__dict__["_memberships"] = known
