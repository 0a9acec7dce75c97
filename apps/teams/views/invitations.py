"""Views for admins to send, resend and cancel invitations."""

from __future__ import annotations

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from apps.teams.current_team.access import TeamRequest, admin_required
from apps.teams.forms import ALREADY_INVITED, InviteForm
from apps.teams.membership import invitations
from apps.teams.views._page import members_page
from apps.teams.views._posting import acts_on_post

__all__ = ["cancel", "invite", "resend"]

_CLOSED = "This invitation is used or cancelled already."
_NOT_SENT = "The invitation is kept, but the mail could not be sent. Send it again."


@admin_required
@acts_on_post("teams:members")
def invite(request: TeamRequest) -> HttpResponse:
    """Invite an address to the current team."""
    form = InviteForm(request.POST, team=request.team)
    if not form.is_valid():
        return members_page(request, form)
    try:
        invitation = invitations.invite(
            request.team,
            form.cleaned_data["email"],
            form.role,
            inviter=request.user,
            build_url=request.build_absolute_uri,
        )
    except IntegrityError:  # a double click: the other request has just invited the same address
        form.add_error("email", ALREADY_INVITED)
        return members_page(request, form)
    except invitations.NotSentError:
        messages.error(request, _NOT_SENT)
    else:
        messages.success(request, f"{invitation.email} is invited.")
    return redirect("teams:members")


@admin_required
@require_POST
def resend(request: TeamRequest, pk: int) -> HttpResponse:
    """Send one of the current team's invitations again."""
    invitation = get_object_or_404(request.team.invitations, pk=pk)
    try:
        invitations.resend(invitation, inviter=request.user, build_url=request.build_absolute_uri)
    except invitations.InvitationClosedError:
        messages.error(request, _CLOSED)
    except invitations.NotSentError:
        messages.error(request, _NOT_SENT)
    else:
        messages.success(request, f"The invitation to {invitation.email} is on its way again.")
    return redirect("teams:members")


@admin_required
@require_POST
def cancel(request: TeamRequest, pk: int) -> HttpResponse:
    """Cancel one of the current team's invitations."""
    invitation = get_object_or_404(request.team.invitations, pk=pk)
    try:
        invitations.cancel(invitation)
    except invitations.InvitationClosedError:
        messages.error(request, _CLOSED)
    else:
        messages.success(request, f"The invitation to {invitation.email} is cancelled.")
    return redirect("teams:members")
