"""The entry point for ASGI servers."""

from __future__ import annotations

import os
from typing import Any, cast

from django.conf import settings
from django.core.asgi import get_asgi_application

from otel.django.asgi import with_lifespan
from tformance.ingest import with_ingest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tformance.settings")

# django-stubs requires the scope to be a dict; servers and `otel` accept any mapping.
application = with_lifespan(cast("Any", get_asgi_application()))
if settings.POSTHOG_BROWSER_PROXY:
    application = with_ingest(application, settings.POSTHOG_BROWSER_PATH, settings.POSTHOG_HOST)
