"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig


class AuthConfig(AppConfig):
    """Configure the app of OAuth."""

    name = "apps.auth"
    label = "oauth"  # Django's own app has the label "auth"
