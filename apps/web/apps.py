"""The configuration of the web app."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The configuration of the web app."""

    name = "apps.web"
