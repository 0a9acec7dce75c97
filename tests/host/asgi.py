"""The entry point for ASGI servers: `uvicorn tests.host.asgi:application`."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.host.settings")
django_application = get_asgi_application()

from otel.django.asgi import with_lifespan  # noqa: E402 - Django must be set up first

application = with_lifespan(django_application)
