"""allauth's provider for the login with GitHub, which stores little of a profile."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.providers.github.provider import GitHubProvider

from apps.users.github.address import GitHubAddress

__all__ = ["LoginProvider", "provider_classes"]


class LoginProvider(GitHubProvider):  # type: ignore[misc]  # allauth has no types
    """allauth's GitHub provider, with support for GitHub Enterprise URLs."""

    oauth2_adapter_class = GitHubAddress

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the part of a profile to store: only the login, by which people recognize the account.

        Args:
            data: the profile that GitHub sent.
        """
        return {"login": data["login"]}


provider_classes = [LoginProvider]
