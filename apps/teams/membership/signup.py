"""Sign-up with an invitation, which names the email address."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import SignupForm
from allauth.core import context
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from apps.teams.models import Invitation
from apps.teams.signals import INVITATION_SESSION_KEY
from apps.users.models import User
from apps.users.social import SocialAdapter

__all__ = ["InvitedSignupForm", "InvitedSocialAdapter"]


class InvitedSignupForm(SignupForm):  # type: ignore[misc]  # allauth has no types
    """A sign-up form with the invited address filled in.

    The address comes from the session, so that it appears in no URL and no trace.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].initial = _invited_address(context.request)

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Create the account in one transaction; return the account, or the response if there isn't one.

        Args:
            request: the request of the form.
        """
        try:
            with transaction.atomic():
                made: tuple[User | None, HttpResponse | None] = super().try_save(request)
        except IntegrityError:  # a double click: the other request has just created the account
            messages.info(request, "There is an account with this address now. Log in with its password.")
            return None, redirect("account_login")
        return made


class InvitedSocialAdapter(SocialAdapter):
    """An adapter that prefers the invited address among those that GitHub has verified."""

    def wanted_address(self, request: HttpRequest) -> str | None:
        """Return the invited address; None without an invitation.

        Args:
            request: the request of the callback.
        """
        return _invited_address(request)


def _invited_address(request: HttpRequest) -> str | None:
    token = request.session.get(INVITATION_SESSION_KEY)
    invitation = Invitation.objects.filter(token=token).first() if token else None
    return invitation.email if invitation else None
