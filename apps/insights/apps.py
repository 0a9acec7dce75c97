"""The configuration of the insights app."""

from __future__ import annotations

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """The configuration of the insights app."""

    name = "apps.insights"
