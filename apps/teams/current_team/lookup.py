"""The team that a request is about: the one chosen in this session, else the one last worked in."""

from __future__ import annotations

from django.http import HttpRequest

from apps.teams.models import Membership, Team
from apps.users.models import User

__all__ = ["current_membership", "make_current", "memberships_of"]

_SESSION_KEY = "team"


def memberships_of(request: HttpRequest) -> list[Membership]:
    """Return the memberships of the request's user, the last used first; one query a request.

    Args:
        request: the request under way.
    """
    user = request.user
    if not isinstance(user, User):
        return []
    known: tuple[int, list[Membership]] | None = getattr(request, "_memberships", None)
    if known is None or known[0] != user.pk:  # another user: a login or logout within the request
        memberships = list(user.memberships.select_related("team").order_by("-current_since", "-pk"))
        known = (user.pk, memberships)
        _remember(request, known)
    return known[1]


def current_membership(request: HttpRequest) -> Membership | None:
    """Return the membership in the current team; None for who is in no team.

    Args:
        request: the request under way.
    """
    memberships = memberships_of(request)
    chosen = request.session.get(_SESSION_KEY) if memberships else None
    current = next(
        (one for one in memberships if str(one.team.public_id) == chosen),
        memberships[0] if memberships else None,
    )
    _know(request, current.team if current else None)
    return current


def make_current(request: HttpRequest, membership: Membership) -> None:
    """Turn the session to the team that the person has turned to.

    Args:
        request: the request under way.
        membership: the person's own place in that team.
    """
    request.session[_SESSION_KEY] = str(membership.team.public_id)
    _remember(request, None)
    request.__dict__["team"] = membership.team
    _know(request, membership.team)


def _know(request: HttpRequest, team: Team | None) -> None:
    """Leave the team where `apps.users.identity` finds it without a query."""
    request.__dict__["team_key"] = str(team.public_id) if team else None
    request.__dict__["team_slug"] = team.slug if team else None


def _remember(request: HttpRequest, known: tuple[int, list[Membership]] | None) -> None:
    request.__dict__["_memberships"] = known
