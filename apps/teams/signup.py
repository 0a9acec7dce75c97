"""The sign-up form, which knows an invited person's address."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import SignupForm
from allauth.core import context

from apps.teams.models import Invitation
from apps.teams.signals import INVITATION_SESSION_KEY

__all__ = ["InvitedSignupForm"]


class InvitedSignupForm(SignupForm):  # type: ignore[misc]  # allauth has no types
    """Fill in the address that was invited; it comes by the session, and so stands in no URL and no trace."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        token = context.request.session.get(INVITATION_SESSION_KEY)
        invitation = Invitation.objects.filter(token=token).first() if token else None
        if invitation is not None:
            self.fields["email"].initial = invitation.email
