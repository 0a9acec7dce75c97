"""Signal receivers that update teams when an account is created or deleted; `apps.users` has no teams."""

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

# The session key of an invitation's token, set by "Join with a new account"; it survives a login with GitHub.
INVITATION_SESSION_KEY = "invitation"


@receiver(user_signed_up)
def welcome(request: HttpRequest, user: User, sociallogin: Any = None, **_: Any) -> None:
    """Record the sign-up and accept the invitation that led to it.

    Args:
        request: the request that made the account.
        user: the new account.
        sociallogin: allauth's login with another service, which can only be GitHub; None for the email form.
    """
    method: SignupMethod = "email" if sociallogin is None else "github"
    with transaction.atomic():
        invitation = _invitation(request, user, sociallogin)
        record_signup(user, method=method, source="invite" if invitation else method)
        if invitation is not None:
            make_current(request, accept(invitation, user, joined_via="signup"))


@receiver(deletion_planned)
def announce(user: User, **_: Any) -> list[Consequence]:
    """Return the consequences for the person's teams.

    Args:
        user: the account that the person wants to delete.
    """
    return departure_of(user).consequences()


@receiver(deletion)
def let_go(user: User, **_: Any) -> None:
    """Prepare the person's teams for the deletion of the account.

    Args:
        user: the account that is about to be deleted.
    """
    leave_all_teams(user)


def _invitation(request: HttpRequest, user: User, sociallogin: Any) -> Invitation | None:
    """Return the invitation that led to this sign-up, if it is open and for this address."""
    token = request.session.pop(INVITATION_SESSION_KEY, None)
    invitation = Invitation.objects.select_for_update().filter(token=token).first() if token else None
    if (
        invitation is None
        or invitation.state is not InvitationState.OPEN
        or not invitation.is_for(user.email)
    ):
        return None
    # If GitHub has no verified address, the person can type any address, which does not prove its ownership.
    if sociallogin is not None and not any(
        invitation.is_for(one.email) for one in sociallogin.email_addresses
    ):
        return None
    return invitation
