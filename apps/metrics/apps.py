"""The configuration of the metrics app."""

from __future__ import annotations

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    """The configuration of the metrics app."""

    name = "apps.metrics"
