"""Accounts of people who log in with GitHub, and the email addresses that are trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from apps.users.models import NAME_LENGTH, User

__all__ = ["SocialAdapter", "go_to_github", "is_github_offered", "trusted_address"]

# Part of the addresses that GitHub uses in commits to hide a person's own; nobody receives mail there.
_NO_MAIL = "@users.noreply."


def is_github_offered() -> bool:
    """Return whether people can log in with GitHub, which takes a client id."""
    return bool(settings.GITHUB_CLIENT_ID)


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """An adapter that trusts only addresses verified by GitHub, and saves one of them for an account."""

    def list_apps(self, *_: object, **__: object) -> list[SocialApp]:
        """Return the app from the settings; allauth would also look for apps in the database."""
        if not is_github_offered():
            return []
        client = {"client_id": settings.GITHUB_CLIENT_ID, "secret": settings.GITHUB_CLIENT_SECRET}
        return [SocialApp(provider="github", name="GitHub", **client)]

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> User:
        """Set the profile's name and a verified address; if there isn't one, allauth asks for an address.

        Args:
            request: the request of the callback.
            sociallogin: the login with GitHub's data.
            data: the fields of the profile.
        """
        chosen = trusted_address(sociallogin.email_addresses, self.wanted_address(request))
        sociallogin.email_addresses = [chosen] if chosen else []
        user: User = sociallogin.user
        user.name = (data.get("name") or data.get("username") or "")[:NAME_LENGTH]
        user.email = chosen.email if chosen else ""
        return user

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:
        """Save a new account in one transaction.

        Args:
            request: the request of the callback or of the form.
            sociallogin: the login with GitHub's data.
            form: the form in which the person typed an address; None if GitHub's address is used.
        """
        if form is not None:
            typed = form.cleaned_data["email"]
            sociallogin.email_addresses = [one for one in sociallogin.email_addresses if one.email == typed]
        with transaction.atomic():
            user: User = super().save_user(request, sociallogin, form)
        return user

    def wanted_address(self, request: HttpRequest) -> str | None:  # noqa: ARG002 - for subclasses
        """Return the address to prefer among the verified ones; None means no preference.

        Args:
            request: the request of the callback.
        """
        return None

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:  # noqa: ARG002 - allauth hands it over
        """Return whether an address verified by GitHub logs in to the account with that address.

        It does only if we have verified the address too. Anybody can sign up with somebody else's address,
        and would share the account once its owner logs in with GitHub.

        Args:
            login: the login with GitHub's data.
            email: an address that GitHub has verified.
        """
        return bool(EmailAddress.objects.filter(email=email, verified=True).exists())


def trusted_address(addresses: Sequence[EmailAddress], wanted: str | None) -> EmailAddress | None:
    """Return the address for an account, among those that GitHub has verified and that can receive mail.

    Args:
        addresses: the addresses from GitHub, the primary one first.
        wanted: the address to prefer; None means no preference.
    """
    trusted = [one for one in addresses if one.verified and _NO_MAIL not in one.email]
    return next((one for one in trusted if one.email == wanted), trusted[0] if trusted else None)


def go_to_github(request: HttpRequest, *, then: str) -> HttpResponse:
    """Redirect a person to GitHub to log in or sign up.

    Args:
        request: a POST request.
        then: the path to redirect to after the login.
    """
    provider = SocialAdapter(request).get_provider(request, provider="github")
    response: HttpResponse = provider.redirect(request, process=AuthProcess.LOGIN, next_url=then)
    return response
