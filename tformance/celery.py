"""The Celery app; without a broker, tasks run at once in the process that calls them."""

from __future__ import annotations

import os

from celery import Celery

from otel.celery import instrument

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tformance.settings")

app = Celery("tformance")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
instrument()
