"""URLs of the GitHub server that people log in with."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from django.conf import settings
from django.http import Http404, HttpRequest

__all__ = ["GitHubAddress"]


class GitHubAddress(GitHubOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """An adapter that uses `GITHUB_URL` and `GITHUB_API_URL`, as teams' connections to GitHub do.

    Args:
        request: the current request.
    """

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        web = settings.GITHUB_URL.rstrip("/")
        self.authorize_url = f"{web}/login/oauth/authorize"
        self.access_token_url = f"{web}/login/oauth/access_token"
        self.profile_url = f"{settings.GITHUB_API_URL}/user"
        self.emails_url = f"{settings.GITHUB_API_URL}/user/emails"

    def get_provider(self) -> Any:
        """Return the provider; without a client id, the page is not found."""
        if not settings.GITHUB_CLIENT_ID:
            raise Http404
        return super().get_provider()
