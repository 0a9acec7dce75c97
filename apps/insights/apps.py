"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """Configure the app of what stands out in the metrics."""

    name = "apps.insights"
