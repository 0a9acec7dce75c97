"""What a new account, and one that goes, set off in teams; `users` knows of no team."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import user_signed_up
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from apps.teams.current_team.lookup import make_current
from apps.teams.membership.account_deletion import departure_of, leave_all_teams
from apps.teams.membership.invitations import accept
from apps.teams.models import Invitation, InvitationState
from apps.users.deletion import Consequence, deletion, deletion_planned
from apps.users.events import SignupMethod
from apps.users.models import User
from apps.users.signup import record_signup

__all__ = ["INVITATION_SESSION_KEY"]

# Where "Join with a new account" leaves the invitation's token; it survives the way over GitHub and back.
INVITATION_SESSION_KEY = "invitation"


@receiver(user_signed_up)
def welcome(request: HttpRequest, user: User, sociallogin: Any = None, **_: Any) -> None:
    """Record the sign-up and accept the invitation that led to it.

    Args:
        request: the request that made the account.
        user: the new account.
        sociallogin: allauth's, if another service vouches for the person; GitHub is the only one we offer.
    """
    method: SignupMethod = "email" if sociallogin is None else "github"
    with transaction.atomic():
        invitation = _invitation(request, user, sociallogin)
        record_signup(user, method=method, source="invite" if invitation else method)
        if invitation is not None:
            make_current(request, accept(invitation, user, joined_via="signup"))


@receiver(deletion_planned)
def announce(user: User, **_: Any) -> list[Consequence]:
    """Say what becomes of the person's teams.

    Args:
        user: whose account is to go.
    """
    return departure_of(user).consequences()


@receiver(deletion)
def let_go(user: User, **_: Any) -> None:
    """Take the person out of all teams.

    Args:
        user: whose account goes.
    """
    leave_all_teams(user)


def _invitation(request: HttpRequest, user: User, sociallogin: Any) -> Invitation | None:
    """Return the invitation that this sign-up follows, if it is open and for this address."""
    token = request.session.pop(INVITATION_SESSION_KEY, None)
    invitation = Invitation.objects.select_for_update().filter(token=token).first() if token else None
    if (
        invitation is None
        or invitation.state is not InvitationState.OPEN
        or not invitation.is_for(user.email)
    ):
        return None
    # Who comes by GitHub may type any address if GitHub has verified none; that is no proof of it.
    if sociallogin is not None and not any(
        invitation.is_for(one.email) for one in sociallogin.email_addresses
    ):
        return None
    return invitation
