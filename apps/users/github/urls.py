"""URL patterns of the login with GitHub, below allauth's."""

from __future__ import annotations

from allauth.socialaccount.providers.oauth2.urls import default_urlpatterns

from apps.users.github.provider import LoginProvider

urlpatterns = default_urlpatterns(LoginProvider)
