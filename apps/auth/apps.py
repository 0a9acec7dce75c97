"""Configuration of the OAuth app."""

from __future__ import annotations

from django.apps import AppConfig


class AuthConfig(AppConfig):
    """The configuration of the OAuth app."""

    name = "apps.auth"
    label = "oauth"  # Django's own app has the label "auth"
