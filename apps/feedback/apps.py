"""The configuration of the feedback app."""

from __future__ import annotations

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    """The configuration of the feedback app."""

    name = "apps.feedback"
