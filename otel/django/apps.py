"""The Django app, which discovers the declared events and installs the pipeline."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from django.apps import AppConfig
from django.conf import settings
from django.db import connections
from django.utils.module_loading import autodiscover_modules
from opentelemetry import trace
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.sdk.trace import TracerProvider

from otel import pipeline
from otel.django._probes import drop_probes
from otel.django.requests.exceptions import note_exceptions_of_rest_framework
from otel.django.requests.timeouts import keep_timeouts
from otel.django.tasks import follow_tasks
from otel.traces import scrub_exporters, send_traces

__all__ = ["OtelConfig"]

_INSTRUMENTATION = "opentelemetry.instrumentation.django.middleware.otel_middleware._DjangoMiddleware"
_OUTERMOST = "otel.django.requests.ending.RequestEndMiddleware"
_INNERMOST = "otel.django.requests.exceptions.ViewExceptionMiddleware"


class OtelConfig(AppConfig):
    """The app config, which installs the pipeline when Django starts."""

    name = "otel.django"
    label = "otel"
    verbose_name = "Telemetry"

    def __init__(self, app_name: str, app_module: ModuleType) -> None:
        super().__init__(app_name, app_module)
        follow_tasks()  # before any app's modules are imported, which may define some

    def ready(self) -> None:
        """Import each app's `events.py` and `properties.py`, and set up the pipeline, traces and signals."""
        # These modules need Django's models, which are not loaded earlier; `checks` registers itself.
        from otel.django import _signals, checks  # noqa: F401
        from otel.django._config import config, pipeline_settings

        autodiscover_modules("events", "properties")
        telemetry = pipeline_settings()
        # `opentelemetry-instrument` has already set a provider with exporters.
        is_set_up = isinstance(trace.get_tracer_provider(), TracerProvider)
        pipeline.install(telemetry, on_commit=after_commit, url_templates=config().outgoing_paths)
        if not DjangoInstrumentor().is_instrumented_by_opentelemetry:
            DjangoInstrumentor().instrument()
            drop_probes(trace.get_tracer_provider())
        _follow_requests()
        provider = trace.get_tracer_provider()
        if is_set_up:
            scrub_exporters(pipeline.scrub)
        elif isinstance(provider, TracerProvider):
            send_traces(provider, pipeline.scrub)
        _signals.connect()


def _follow_requests() -> None:
    """Add the middleware around the project's own: right inside the instrumentation's, and innermost."""
    stack = [name for name in settings.MIDDLEWARE if name not in (_OUTERMOST, _INNERMOST)]
    position = stack.index(_INSTRUMENTATION) + 1 if _INSTRUMENTATION in stack else 0
    settings.MIDDLEWARE = [*stack[:position], _OUTERMOST, *stack[position:], _INNERMOST]
    note_exceptions_of_rest_framework()
    keep_timeouts()


def after_commit(record: Callable[[], None]) -> bool:
    """Run a function when the open transaction commits; return False if there isn't a transaction.

    Args:
        record: a function that adds the span event.
    """
    for alias in connections:
        connection = connections[alias]
        if connection.in_atomic_block:
            connection.on_commit(record)
            return True
    return False
