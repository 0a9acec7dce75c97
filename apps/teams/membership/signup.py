"""Signing up by an invitation, which names the address."""

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
    """Fill in the address that was invited; it comes by the session, and so stands in no URL and no trace."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].initial = _invited_address(context.request)

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Make the account, whole or not at all; return it, or what answers instead.

        Args:
            request: the form's.
        """
        try:
            with transaction.atomic():
                made: tuple[User | None, HttpResponse | None] = super().try_save(request)
        except IntegrityError:  # a double click: the other request has just made the account
            messages.info(request, "There is an account with this address now. Log in with its password.")
            return None, redirect("account_login")
        return made


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
