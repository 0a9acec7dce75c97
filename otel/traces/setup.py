"""Setting up what sends traces, by OpenTelemetry's own variables."""

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
from otel.traces.exporter import ScrubbingSpanExporter, filter_and_scrub

__all__ = ["flush_traces", "scrub_exporters", "send_traces"]

_log = logging.getLogger("otel")

_EXPORTERS, _INSTRUMENTORS = "opentelemetry_traces_exporter", "opentelemetry_instrumentor"
# Our own has a way of its own (`otel.pipeline`).
_OURS = frozenset({"posthog"})


def send_traces(provider: TracerProvider, *, send_messages: bool = True) -> None:
    """Send a provider's sampled spans as `OTEL_TRACES_EXPORTER` says, and instrument what makes them.

    Without the variable nothing is sent, and calls to databases and services cost what they did.

    Args:
        provider: without exporters of its own.
        send_messages: whether the messages of exceptions leave, scrubbed, or only their types.
    """
    found = False
    for entry_point in _exporters():
        with suppress_internal_errors(f"setting up the exporter {entry_point.name!r}"):
            exporter = ScrubbingSpanExporter(entry_point.load()(), send_messages=send_messages)
            provider.add_span_processor(BatchSpanProcessor(exporter))
            found = True
    if found:
        _instrument()
        _propagate_no_baggage()


def scrub_exporters(*, send_messages: bool = True) -> None:
    """Scrub what the exporters send that `opentelemetry-instrument` has set up, by their class.

    A provider gives no way to its exporters. Wrapping a class's method is how OpenTelemetry's own
    instrumentations get into what they do not call.

    Args:
        send_messages: whether the messages of exceptions leave, scrubbed, or only their types.
    """

    def export(wrapped: Any, _: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        spans = kwargs.get("spans", args[0] if args else ())
        return wrapped(filter_and_scrub(spans, send_messages=send_messages))

    for entry_point in _exporters():
        with suppress_internal_errors(f"scrubbing what the exporter {entry_point.name!r} sends"):
            exporter: type[SpanExporter] = entry_point.load()
            if not isinstance(vars(exporter).get("export"), wrapt.FunctionWrapper):
                wrapt.wrap_function_wrapper(exporter, "export", export)


def flush_traces(timeout: float = 5.0) -> None:
    """Send the spans that wait, for a process that ends without `atexit`.

    Args:
        timeout: seconds; a backend of traces that is away holds up no end.
    """
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        # In a thread, as the stock processor ignores the time (`otel.md` section 4).
        flushing = threading.Thread(target=provider.force_flush, name="otel-traces-flush", daemon=True)
        flushing.start()
        flushing.join(timeout)


def _propagate_no_baggage() -> None:
    """Let calls carry a trace's id and no baggage, unless `OTEL_PROPAGATORS` says what is to travel.

    OpenTelemetry's default hands on the baggage that came with a request, which anybody can have written, to
    each service that the product calls.
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
                "%s=%s is ignored: no such exporter is installed; for OTLP install "
                "opentelemetry-exporter-otlp-proto-http",
                OTEL_TRACES_EXPORTER,
                name,
            )
        yield from found[:1]


def _full_name(name: str) -> str:
    """Return the exporter that `otlp` stands for: by HTTP, as the specification recommends."""
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
