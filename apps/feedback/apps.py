"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    """Configure the app of what people tell us."""

    name = "apps.feedback"
