"""The Django app: finds the declared events, and sets the pipeline up."""

from __future__ import annotations

from collections.abc import Callable

from django.apps import AppConfig
from django.db import connections
from django.utils.module_loading import autodiscover_modules
from opentelemetry.instrumentation.django import DjangoInstrumentor

from otel import pipeline

__all__ = ["OtelConfig"]


class OtelConfig(AppConfig):
    """Set the pipeline up when Django starts."""

    name = "otel.django"
    label = "otel"
    verbose_name = "Telemetry"

    def ready(self) -> None:
        """Find each app's `events.py` and `properties.py`, instrument Django, and listen."""
        # They know Django's models, which are there only now; `checks` registers itself.
        from otel.django import _signals, checks  # noqa: F401
        from otel.django._config import pipeline_settings

        autodiscover_modules("events", "properties")
        pipeline.install(pipeline_settings(), defer=after_commit)
        if not DjangoInstrumentor().is_instrumented_by_opentelemetry:
            DjangoInstrumentor().instrument()
        _signals.connect()


def after_commit(record: Callable[[], None]) -> bool:
    """Hold a recording back until the innermost open transaction commits; a rollback drops it.

    Args:
        record: adds the span event.
    """
    for alias in connections:
        connection = connections[alias]
        if connection.in_atomic_block:
            connection.on_commit(record)
            return True
    return False
