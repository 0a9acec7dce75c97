"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Configure the app of connections and syncs."""

    name = "apps.integrations"
