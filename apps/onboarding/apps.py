"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    """Configure the app of a new team's first steps."""

    name = "apps.onboarding"
