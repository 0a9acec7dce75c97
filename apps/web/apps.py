"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Configure the app of the product's own pages."""

    name = "apps.web"
