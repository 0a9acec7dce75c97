"""Views for invited people: the page that the link opens, and joining the team."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.teams.current_team.lookup import make_current
from apps.teams.membership.invitations import InvitationClosedError, WrongAddressError
from apps.teams.membership.invitations import accept as accept_invitation
from apps.teams.models import Invitation, InvitationState
from apps.teams.signals import INVITATION_SESSION_KEY
from apps.teams.views._posting import acts_on_post
from apps.users.social import go_to_github, is_github_offered

if TYPE_CHECKING:
    from apps.users.models import User

__all__ = ["accept", "show", "sign_up"]


@never_cache
@require_safe
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Show the invitation, or why it cannot be used."""
    invitation = _find(token)
    if request.user.is_authenticated and invitation and invitation.accepted_by == request.user:
        return redirect("web:dashboard")  # a sign-up with the invitation has joined already and ends here
    return _page(request, invitation)


@login_required
@acts_on_post("teams:invitation")
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Join with the account that is signed in."""
    invitation = _find(token)
    if invitation is None:
        return _page(request, None)
    user = cast("User", request.user)
    try:
        membership = accept_invitation(invitation, user, joined_via="existing_account")
    except (InvitationClosedError, WrongAddressError):
        return _page(request, _find(token))
    make_current(request, membership)
    messages.success(request, f"Welcome to {membership.team}.")
    return redirect("web:dashboard")


@acts_on_post("teams:invitation")
def sign_up(request: HttpRequest, token: str) -> HttpResponse:
    """Redirect to the sign-up, here or with GitHub; the session stores the invitation meanwhile."""
    invitation = _find(token)
    if invitation is None or invitation.state is not InvitationState.OPEN or request.user.is_authenticated:
        return _page(request, invitation)
    request.session[INVITATION_SESSION_KEY] = token
    then = resolve_url("teams:invitation", token)
    if "github" in request.POST and is_github_offered():
        return go_to_github(request, then=then)
    return redirect(f"{resolve_url('account_signup')}?{urlencode({'next': then})}")


def _find(token: str) -> Invitation | None:
    return Invitation.objects.select_related("team", "accepted_by").filter(token=token).first()


def _page(request: HttpRequest, invitation: Invitation | None) -> HttpResponse:
    """Render the page for the invitation's state, with the matching HTTP status."""
    if invitation is None:
        return render(request, "teams/invitation_closed.html", status=HTTPStatus.NOT_FOUND)
    context = {
        "invitation": invitation,
        "state": invitation.state.value,
        "is_github_offered": is_github_offered(),
    }
    if invitation.state is not InvitationState.OPEN:
        return render(request, "teams/invitation_closed.html", context, status=HTTPStatus.GONE)
    if request.user.is_authenticated and not invitation.is_for(request.user.email):
        return render(request, "teams/invitation_wrong_address.html", context, status=HTTPStatus.FORBIDDEN)
    return render(request, "teams/invitation.html", context)
