"""The configuration of the onboarding app."""

from __future__ import annotations

from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    """The configuration of the onboarding app."""

    name = "apps.onboarding"
