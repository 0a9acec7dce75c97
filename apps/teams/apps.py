"""Configuration of the teams app."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class TeamsConfig(AppConfig):
    """The configuration of the teams app."""

    name = "apps.teams"

    def ready(self) -> None:
        """Connect the signal receivers."""
        import_module("apps.teams.signals")
