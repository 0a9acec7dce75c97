"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """Configure the accounts app."""

    name = "apps.users"
