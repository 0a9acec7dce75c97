"""Views of the login with GitHub, in the module where allauth expects them."""

from __future__ import annotations

from typing import cast

from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.http import HttpRequest, HttpResponse

from apps.users.github.address import GitHubAddress

__all__ = ["oauth2_callback", "oauth2_login"]

oauth2_login = OAuth2LoginView.adapter_view(GitHubAddress)
_callback = OAuth2CallbackView.adapter_view(GitHubAddress)


def oauth2_callback(request: HttpRequest) -> HttpResponse:
    """Log in the person that GitHub redirects back."""
    return cast("HttpResponse", _callback(request))
