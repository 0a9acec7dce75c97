"""The Celery app; without a broker, tasks run in a thread of the process that sends them.

Scheduled tasks (`CELERY_BEAT_SCHEDULE`) need a broker, `celery -A tformance worker`, and
`celery -A tformance beat`.
"""

from __future__ import annotations

import os

from celery import Celery

from otel.celery import instrument
from tformance._worker import start_with_first_task

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tformance.settings")

app = Celery("tformance")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
instrument()
start_with_first_task(app)
