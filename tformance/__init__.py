"""The Django project: settings, URLs, server entry points and the Celery app."""

from tformance.celery import app as celery_app

__all__ = ["celery_app"]
