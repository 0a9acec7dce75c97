"""What a login with GitHub makes of an account, and which addresses it believes."""

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

# What GitHub puts into commits in place of an address; nobody reads what is sent there.
_NO_MAIL = "@users.noreply."


def is_github_offered() -> bool:
    """Whether people can log in with GitHub: without a client id nobody can."""
    return bool(settings.GITHUB_CLIENT_ID)


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Believe only addresses that GitHub has verified, and one of them: the account's."""

    def list_apps(self, *_: object, **__: object) -> list[SocialApp]:
        """Return the one app, from the settings; allauth would look for others in the database."""
        if not is_github_offered():
            return []
        client = {"client_id": settings.GITHUB_CLIENT_ID, "secret": settings.GITHUB_CLIENT_SECRET}
        return [SocialApp(provider="github", name="GitHub", **client)]

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> User:
        """Fill in the name of the profile and a verified address; with none, allauth asks for an address.

        Args:
            request: the callback's.
            sociallogin: what GitHub has said.
            data: the profile's fields.
        """
        chosen = trusted_address(sociallogin.email_addresses, self.wanted_address(request))
        sociallogin.email_addresses = [chosen] if chosen else []
        user: User = sociallogin.user
        user.name = (data.get("name") or data.get("username") or "")[:NAME_LENGTH]
        user.email = chosen.email if chosen else ""
        return user

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:
        """Save a new account, whole or not at all.

        Args:
            request: the callback's, or the form's.
            sociallogin: what GitHub has said.
            form: with an address that the person has typed instead of GitHub's.
        """
        if form is not None:
            typed = form.cleaned_data["email"]
            sociallogin.email_addresses = [one for one in sociallogin.email_addresses if one.email == typed]
        with transaction.atomic():
            user: User = super().save_user(request, sociallogin, form)
        return user

    def wanted_address(self, request: HttpRequest) -> str | None:  # noqa: ARG002 - for who overrides it
        """Return the address that the account should have if it is among the verified ones.

        Args:
            request: the callback's.
        """
        return None

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:  # noqa: ARG002 - allauth hands it over
        """Whether an address that GitHub has verified opens the account that has it.

        Only if we have verified it too. Anybody can sign up under somebody else's address, and would be
        waiting in that account.

        Args:
            login: what GitHub has said.
            email: verified at GitHub.
        """
        return bool(EmailAddress.objects.filter(email=email, verified=True).exists())


def trusted_address(addresses: Sequence[EmailAddress], wanted: str | None) -> EmailAddress | None:
    """Return the address that an account gets, of those that GitHub has verified and that mail reaches.

    Args:
        addresses: as GitHub knows them, the primary one first.
        wanted: the one that is taken if it is among them.
    """
    trusted = [one for one in addresses if one.verified and _NO_MAIL not in one.email]
    return next((one for one in trusted if one.email == wanted), trusted[0] if trusted else None)


def go_to_github(request: HttpRequest, *, then: str) -> HttpResponse:
    """Send somebody to GitHub to log in or sign up.

    Args:
        request: a POST.
        then: the path that a login leads to.
    """
    provider = SocialAdapter(request).get_provider(request, provider="github")
    response: HttpResponse = provider.redirect(request, process=AuthProcess.LOGIN, next_url=then)
    return response
