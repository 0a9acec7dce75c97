"""Views of the current team's members and their roles."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from apps.teams.current_team.access import TeamRequest, admin_required, team_required
from apps.teams.forms import InviteForm
from apps.teams.membership.memberships import LastAdminError, change_role, remove_member
from apps.teams.models import Membership, Role
from apps.teams.views._page import members_page

__all__ = ["leave", "members", "remove", "set_role"]

_LAST_ADMIN = "A team needs an admin: make somebody else one first."
_GONE = "This person has left the team already."


@team_required
@require_safe
def members(request: TeamRequest) -> HttpResponse:
    """Show the current team's members and, to its admins, the pending invitations."""
    return members_page(request, InviteForm(team=request.team))


@admin_required
@require_POST
def set_role(request: TeamRequest, pk: int) -> HttpResponse:
    """Change the role of a member of the current team."""
    membership = get_object_or_404(request.team.memberships.select_related("user", "team"), pk=pk)
    role = request.POST.get("role", "")
    if role not in Role.values:
        return HttpResponse("There is no such role.", status=400)
    try:
        change_role(membership, Role(role))
    except LastAdminError:
        messages.error(request, _LAST_ADMIN)
    except Membership.DoesNotExist:  # another request has just removed the member
        messages.error(request, _GONE)
    else:
        messages.success(request, f"{membership.user} is now {membership.get_role_display().lower()}.")
    return redirect("teams:members")


@admin_required
@require_POST
def remove(request: TeamRequest, pk: int) -> HttpResponse:
    """Remove a member from the current team."""
    membership = get_object_or_404(request.team.memberships.select_related("user", "team"), pk=pk)
    try:
        remove_member(membership)
    except LastAdminError:
        messages.error(request, _LAST_ADMIN)
    except Membership.DoesNotExist:  # another request has just removed the member
        messages.error(request, _GONE)
    else:
        messages.success(request, f"{membership.user} is no longer in {membership.team}.")
    return redirect("teams:members")


@team_required
@require_POST
def leave(request: TeamRequest) -> HttpResponse:
    """Leave the current team."""
    try:
        remove_member(request.membership)
    except LastAdminError:
        messages.error(request, _LAST_ADMIN)
        return redirect("teams:members")
    except Membership.DoesNotExist:  # a double click: the other request has just left the team
        return redirect("web:dashboard")
    messages.success(request, f"You have left {request.team}.")
    return redirect("web:dashboard")
