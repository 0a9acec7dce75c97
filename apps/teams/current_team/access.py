"""Access control: members see their current team, and its admins change it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from apps.teams.current_team.lookup import current_membership
from apps.teams.models import Membership, Role, Team
from apps.users.models import User

__all__ = ["TeamRequest", "admin_required", "team_required"]


class TeamRequest(HttpRequest):
    """A request of a member, with the current team."""

    user: User
    team: Team
    membership: Membership


TeamView = Callable[..., HttpResponse]


def team_required(view: TeamView) -> TeamView:
    """Require login and a team; redirect a user without a team to the page that creates one.

    Args:
        view: a view that accepts a `TeamRequest`.
    """

    @login_required
    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        membership = current_membership(request)
        if membership is None:
            return redirect("teams:create")
        request.__dict__.update(team=membership.team, membership=membership)
        return view(cast("TeamRequest", request), *args, **kwargs)

    return wrapper


def admin_required(view: TeamView) -> TeamView:
    """Require that the user is an admin of the current team.

    Args:
        view: a view that accepts a `TeamRequest`.
    """

    @team_required
    @wraps(view)
    def wrapper(request: TeamRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.membership.role != Role.ADMIN:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return wrapper
