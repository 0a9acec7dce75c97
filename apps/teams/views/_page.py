"""The members page, which also shows the errors of the invitation form."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from apps.teams.current_team.access import TeamRequest
from apps.teams.forms import InviteForm
from apps.teams.models import Role

__all__ = ["members_page"]


def members_page(request: TeamRequest, form: InviteForm) -> HttpResponse:
    """Render the members page; runs two queries, regardless of the number of members.

    Args:
        request: the request of a member.
        form: the invitation form, empty or submitted.
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
