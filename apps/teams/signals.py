"""What a new account sets off; here and not in `users`, because an invitation decides what it counts as."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import user_signed_up
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from apps.teams.current import make_current
from apps.teams.invitations import accept
from apps.teams.models import Invitation, InvitationState
from apps.users.events import SignupMethod
from apps.users.models import User
from apps.users.signup import record_signup

__all__ = ["INVITATION_SESSION_KEY"]

# Where "Join with a new account" leaves the invitation's token; it survives the way over GitHub and back.
INVITATION_SESSION_KEY = "invitation"


@receiver(user_signed_up)
def welcome(request: HttpRequest, user: User, sociallogin: object = None, **_: Any) -> None:
    """Record the sign-up and accept the invitation that led to it.

    Args:
        request: the request that made the account.
        user: the new account.
        sociallogin: allauth's, if another service vouches for the person; GitHub is the only one we offer.
    """
    method: SignupMethod = "email" if sociallogin is None else "github"
    with transaction.atomic():
        invitation = _invitation(request, user)
        record_signup(user, method=method, source="invite" if invitation else method)
        if invitation is not None:
            make_current(request, accept(invitation, user, joined_via="signup"))


def _invitation(request: HttpRequest, user: User) -> Invitation | None:
    """Return the invitation that this sign-up follows, if it is open and for this address."""
    token = request.session.pop(INVITATION_SESSION_KEY, None)
    invitation = Invitation.objects.select_for_update().filter(token=token).first() if token else None
    if invitation and invitation.state is InvitationState.OPEN and invitation.is_for(user.email):
        return invitation
    return None
