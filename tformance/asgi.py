"""The entry point of ASGI servers."""

from __future__ import annotations

import os
from typing import Any, cast

from django.core.asgi import get_asgi_application

from otel.django.asgi import with_lifespan

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tformance.settings")

# django-stubs wants a scope that is a dict; servers and `otel` know it as any mapping.
application = with_lifespan(cast("Any", get_asgi_application()))
