"""The provider that allauth finds here, which keeps little of a profile."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.providers.github.provider import GitHubProvider

from apps.users.github.address import GitHubAddress

__all__ = ["LoginProvider", "provider_classes"]


class LoginProvider(GitHubProvider):  # type: ignore[misc]  # allauth has no types
    """Be allauth's GitHub, whose address may be a GitHub Enterprise's."""

    oauth2_adapter_class = GitHubAddress

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Keep the login of a profile, by which people know it again, and nothing else.

        Args:
            data: the profile.
        """
        return {"login": data["login"]}


provider_classes = [LoginProvider]
