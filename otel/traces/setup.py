"""Setup of trace exporters and instrumentations from OpenTelemetry's standard environment variables."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import wrapt
from opentelemetry import trace
from opentelemetry.environment_variables import OTEL_PROPAGATORS, OTEL_TRACES_EXPORTER
from opentelemetry.instrumentation.dependencies import DependencyConflictError
from opentelemetry.instrumentation.environment_variables import OTEL_PYTHON_DISABLED_INSTRUMENTATIONS
from opentelemetry.propagate import set_global_textmap
from opentelemetry.sdk.environment_variables import (
    OTEL_EXPORTER_OTLP_PROTOCOL,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from otel._guard import suppress_internal_errors
from otel.traces.exporter import Scrub, ScrubbingSpanExporter

__all__ = ["flush_traces", "scrub_exporters", "send_traces"]

_log = logging.getLogger("otel")

_EXPORTERS, _INSTRUMENTORS = "opentelemetry_traces_exporter", "opentelemetry_instrumentor"
# The classes that are wrapped already.
_scrubbed: set[type[SpanExporter]] = set()
# `otel.pipeline` installs our own exporter.
_OURS = frozenset({"posthog"})


def send_traces(provider: TracerProvider, scrub: Scrub) -> None:
    """Send a provider's sampled spans to the exporters in `OTEL_TRACES_EXPORTER`, and instrument libraries.

    Without the variable nothing is sent, and no library is instrumented, so that calls keep their speed.

    Args:
        provider: a provider that has no exporter yet.
        scrub: the rules, `otel.pipeline.scrub`.
    """
    found = False
    for entry_point in _exporters():
        with suppress_internal_errors(f"setting up the exporter {entry_point.name!r}"):
            exporter = ScrubbingSpanExporter(entry_point.load()(), scrub)
            provider.add_span_processor(BatchSpanProcessor(exporter))
            found = True
    if found:
        _instrument()
        _propagate_no_baggage()


def scrub_exporters(scrub: Scrub) -> None:
    """Scrub the spans that the exporters of `opentelemetry-instrument` send, by wrapping their classes.

    A provider does not expose its exporters. OpenTelemetry's own instrumentations wrap methods in the same
    way.

    Args:
        scrub: the rules, `otel.pipeline.scrub`.
    """

    def export(wrapped: Any, _: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        spans = kwargs.get("spans", args[0] if args else ())
        return wrapped(scrub(spans))

    for entry_point in _exporters():
        with suppress_internal_errors(f"wrapping the exporter {entry_point.name!r}"):
            exporter: type[SpanExporter] = entry_point.load()
            if exporter not in _scrubbed:
                _scrubbed.add(exporter)
                wrapt.wrap_function_wrapper(exporter, "export", export)


def flush_traces(timeout: float = 5.0) -> None:
    """Send the spans in the queue; for a process that ends without `atexit`.

    Args:
        timeout: the longest time to wait, in seconds, so that an unreachable backend does not delay the exit.
    """
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        # In a thread, because the stock processor ignores the timeout (`otel.md` section 4).
        flushing = threading.Thread(target=provider.force_flush, name="otel-traces-flush", daemon=True)
        flushing.start()
        flushing.join(timeout)


def _propagate_no_baggage() -> None:
    """Propagate the trace context but no baggage, unless `OTEL_PROPAGATORS` says otherwise.

    OpenTelemetry's default forwards the baggage of an incoming request, which anyone can write, to every
    service that the product calls.
    """
    if not os.environ.get(OTEL_PROPAGATORS):
        set_global_textmap(TraceContextTextMapPropagator())


def _exporters() -> Iterator[EntryPoint]:
    for name in _names(OTEL_TRACES_EXPORTER):
        if name == "none" or name in _OURS:
            continue
        found = [*entry_points(group=_EXPORTERS, name=_full_name(name))]
        if not found:
            _log.warning(
                "%s=%s is ignored: this exporter is not installed; for OTLP, install "
                "opentelemetry-exporter-otlp-proto-http",
                OTEL_TRACES_EXPORTER,
                name,
            )
        yield from found[:1]


def _full_name(name: str) -> str:
    """Return an exporter's entry point name; `otlp` means HTTP by default, as the specification advises."""
    if name != "otlp":
        return name
    protocol = os.environ.get(OTEL_EXPORTER_OTLP_TRACES_PROTOCOL) or os.environ.get(
        OTEL_EXPORTER_OTLP_PROTOCOL
    )
    return "otlp_proto_grpc" if protocol == "grpc" else "otlp_proto_http"


def _instrument() -> None:
    """Instrument each library whose instrumentation is installed, as `opentelemetry-instrument` does."""
    disabled = _names(OTEL_PYTHON_DISABLED_INSTRUMENTATIONS)
    for entry_point in entry_points(group=_INSTRUMENTORS):
        if entry_point.name in disabled:
            continue
        with suppress_internal_errors(f"instrumenting {entry_point.name!r}"):
            try:
                instrumentor = entry_point.load()()
                if not instrumentor.is_instrumented_by_opentelemetry:
                    instrumentor.instrument(raise_exception_on_conflict=True)
            except (ImportError, DependencyConflictError) as missing:
                _log.debug("%s is not instrumented: %s", entry_point.name, missing)


def _names(variable: str) -> list[str]:
    return [name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()]
