"""Configuration of the accounts app."""

from __future__ import annotations

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """The configuration of the accounts app."""

    name = "apps.users"
