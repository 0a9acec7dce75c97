"""The members' page, which the invitation form's errors come back to."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from apps.teams.current_team.access import TeamRequest
from apps.teams.forms import InviteForm
from apps.teams.models import Role

__all__ = ["members_page"]


def members_page(request: TeamRequest, form: InviteForm) -> HttpResponse:
    """Render the page, in two queries however many members there are.

    Args:
        request: a member's.
        form: the invitation form, filled in or not.
    """
    is_admin = request.membership.role == Role.ADMIN
    members = request.team.memberships.select_related("user").order_by("created_at", "pk")
    pending = request.team.invitations.filter(accepted_at=None, cancelled_at=None).order_by(
        "created_at", "pk"
    )
    context = {
        "form": form,
        "is_admin": is_admin,
        "members": members,
        "invitations": pending if is_admin else (),
        "roles": Role.choices,
    }
    return render(request, "teams/members.html", context)
