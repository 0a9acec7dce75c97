"""The entry point of ASGI servers."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

from otel.django.asgi import with_lifespan

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tformance.settings")

application = with_lifespan(get_asgi_application())
