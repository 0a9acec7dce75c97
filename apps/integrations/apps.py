"""Configuration of the integrations app."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """The configuration of the app for connections and syncs."""

    name = "apps.integrations"

    def ready(self) -> None:
        """Register the system checks and the signal receivers."""
        import_module("apps.integrations.checks")
        import_module("apps.integrations.signals")
