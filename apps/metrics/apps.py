"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    """Configure the app of a team's delivery."""

    name = "apps.metrics"
