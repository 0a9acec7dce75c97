"""Signing up by an invitation, which names the address."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import SignupForm
from allauth.core import context
from django.http import HttpRequest

from apps.teams.models import Invitation
from apps.teams.signals import INVITATION_SESSION_KEY
from apps.users.social import SocialAdapter

__all__ = ["InvitedSignupForm", "InvitedSocialAdapter"]


class InvitedSignupForm(SignupForm):  # type: ignore[misc]  # allauth has no types
    """Fill in the address that was invited; it comes by the session, and so stands in no URL and no trace."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].initial = _invited_address(context.request)


class InvitedSocialAdapter(SocialAdapter):
    """Give the account the invited address, if that is one of those that GitHub has verified."""

    def wanted_address(self, request: HttpRequest) -> str | None:
        """Return the invited address.

        Args:
            request: the callback's.
        """
        return _invited_address(request)


def _invited_address(request: HttpRequest) -> str | None:
    token = request.session.get(INVITATION_SESSION_KEY)
    invitation = Invitation.objects.filter(token=token).first() if token else None
    return invitation.email if invitation else None
