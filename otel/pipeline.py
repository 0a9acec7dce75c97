"""The one place where the pipeline is put together: sampler, processor, exporter and recorder."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from opentelemetry import _logs, trace
from opentelemetry.environment_variables import OTEL_TRACES_EXPORTER
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from otel._guard import suppress_internal_errors
from otel.delivery.posthog.exporter import CaptureSink, PostHogSpanExporter
from otel.events import Registry, default_registry
from otel.identity import Identity
from otel.mapping.origin import Origins
from otel.outcomes.counters import Counters
from otel.recording import LogEmitter, OnCommit, Recorder, install_recorder
from otel.selecting import PostHogLogProcessor, PostHogSpanProcessor, RecordingSampler
from otel.settings import Settings
from otel.traces import scrub_exporters

if TYPE_CHECKING:
    from otel.delivery.collector.exporter import CollectorExporter

__all__ = [
    "Pipeline",
    "expect",
    "flush",
    "identity_attributes",
    "install",
    "note",
    "origin",
    "pre_instrument",
    "running",
]

_log = logging.getLogger("otel")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Hold the parts of an installed pipeline.

    Args:
        settings: what it was installed with.
        registry: the declared events.
        counters: what became of events.
        exporter: maps and delivers, or hands over to the Collector; None without a key, if it needs one.
        processor: selects and queues; None without an exporter.
        recorder: what `record` goes through.
        origin: the properties that say where its captures come from.
    """

    settings: Settings
    registry: Registry
    counters: Counters
    exporter: PostHogSpanExporter | CollectorExporter | None
    processor: PostHogSpanProcessor | None
    recorder: Recorder
    origin: Mapping[str, str]


_running: Pipeline | None = None


def running() -> Pipeline | None:
    """Return the installed pipeline."""
    return _running


def install(
    settings: Settings | None = None,
    *,
    registry: Registry = default_registry,
    provider: TracerProvider | None = None,
    defer: OnCommit | None = None,
    sink: CaptureSink | None = None,
) -> Pipeline:
    """Put the pipeline together on a tracer provider, in place of one that was installed before.

    Without a key (and without a sink, and not by way of the Collector) nothing is sent, and nothing but
    recording costs anything. The events must be declared by now: what the journal holds of an earlier process
    is mapped soon.

    Args:
        settings: the environment's by default.
        registry: the declared events; the process's by default.
        provider: the global one by default; made and set if there is none of the SDK's.
        defer: calls a function after the commit; returns False if nothing is to be waited for.
        sink: takes the captures instead of PostHog.
    """
    installed = _put_together(settings or Settings.from_environ(), registry, provider, defer, sink)
    if isinstance(installed.exporter, PostHogSpanExporter):
        installed.exporter.start_recovery()
    return installed


def _put_together(
    settings: Settings,
    registry: Registry = default_registry,
    provider: TracerProvider | None = None,
    defer: OnCommit | None = None,
    sink: CaptureSink | None = None,
) -> Pipeline:
    global _running
    provider = provider or _provider()
    logger_provider = _logger_provider(settings, provider.resource)
    if _running is not None and _running.processor is not None:
        _running.processor.retire()
    counters = Counters()
    exporter, processor = _exporter(settings, registry, counters, sink), None
    # A public attribute that each new tracer reads; the standard samplers keep their meaning for traces.
    if not isinstance(provider.sampler, RecordingSampler):
        provider.sampler = RecordingSampler(provider.sampler)
    provider.sampler.marks_apart = exporter is not None
    if exporter is not None:
        processor = PostHogSpanProcessor(
            exporter,
            selects=exporter.map.selects,
            counters=counters,
            groups=settings.groups,
            flush_timeout=settings.flush_timeout,
            journal=exporter.journal if isinstance(exporter, PostHogSpanExporter) else None,
        )
        provider.add_span_processor(processor)
        if logger_provider is not None:
            logger_provider.add_log_record_processor(
                PostHogLogProcessor(processor, selects=exporter.map.selects)
            )
    elif _running is None and settings.via == "posthog":
        _log.warning("POSTHOG_API_KEY is not set: events are recorded on spans, and not sent to PostHog")
    recorder = Recorder(
        registry,
        groups=settings.groups,
        strict=settings.strict,
        counters=counters if processor is not None else None,
        keep=exporter.keep if exporter is not None else None,
        carrier=LogEmitter(logger_provider) if logger_provider and settings.carrier == "log" else None,
    )
    if defer is not None:
        recorder.defer = defer
    install_recorder(recorder)
    origin = Origins(settings.release_id).of(provider.resource.attributes).properties
    _running = Pipeline(settings, registry, counters, exporter, processor, recorder, origin)
    return _running


def _exporter(
    settings: Settings, registry: Registry, counters: Counters, sink: CaptureSink | None
) -> PostHogSpanExporter | CollectorExporter | None:
    """Return what the settings ask for; a sink takes captures, whichever way they would go."""
    if settings.via == "collector" and sink is None:
        try:
            from otel.delivery.collector.exporter import CollectorExporter
        except ImportError as error:  # it is an extra, and its lack must not stop the product
            _log.error(
                "POSTHOG_VIA=collector: nothing is sent without OpenTelemetry's OTLP encoder (%s); "
                "install tformance-otel[collector]",
                error,
            )
            return None
        return CollectorExporter(settings, registry, counters)
    if settings.api_key or sink is not None:
        return PostHogSpanExporter(settings=settings, registry=registry, counters=counters, sink=sink)
    return None


def pre_instrument() -> None:
    """Install the pipeline under `opentelemetry-instrument`, if a key or the Collector is configured.

    It runs for every program in whose environment this package is installed, when the provider stands and no
    tracer is made yet (entry point `opentelemetry_pre_instrument`).
    """
    with suppress_internal_errors("setting up under opentelemetry-instrument"):
        settings = Settings.from_environ()
        # `OTEL_TRACES_EXPORTER=posthog` asks for the exporter alone; both would deliver every event twice.
        exporters = os.environ.get(OTEL_TRACES_EXPORTER, "").split(",")
        is_wanted = settings.via == "collector" or bool(settings.api_key)
        if is_wanted and "posthog" not in (name.strip() for name in exporters):
            _put_together(settings)  # nothing is declared yet; the first export starts adopting
            scrub_exporters(send_messages=settings.send_error_messages)


def flush(timeout: float | None = None) -> bool:
    """Deliver what is queued; return whether all of it was.

    Args:
        timeout: seconds; the settings' flush timeout by default.
    """
    if _running is None or _running.processor is None:
        return True
    seconds = _running.settings.flush_timeout if timeout is None else timeout
    return _running.processor.force_flush(int(seconds * 1000))


def note(exception: BaseException, span_id: int) -> None:
    """Keep the frames of an exception that ends the current entry, where its span will not see it live.

    Args:
        exception: being handled by a framework.
        span_id: of the current span.
    """
    if _running is not None and _running.processor is not None:
        _running.processor.note(exception, span_id)


def expect(span_id: int) -> None:
    """Say that the exception which ends the current entry is no error.

    Args:
        span_id: of the current span.
    """
    if _running is not None and _running.processor is not None:
        _running.processor.expect(span_id)


def identity_attributes(identity: Identity) -> dict[str, str | bool]:
    """Return what is stamped on an entry span for an identity.

    Args:
        identity: whom the request or task is about.
    """
    return identity.entry_attributes(_running.settings.groups if _running is not None else {})


def origin() -> Mapping[str, str]:
    """Return the properties that say where this process's captures come from, for its pages to say the same.

    They are `service_name`, `service_version`, `environment` and `$release_id`, as far as they are known.
    """
    return _running.origin if _running is not None else {}


def _provider() -> TracerProvider:
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        return provider
    made = TracerProvider()
    trace.set_tracer_provider(made)
    return made


def _logger_provider(settings: Settings, resource: Resource) -> LoggerProvider | None:
    """Return the global one of the SDK; it is made only for `record`, as a program can set it but once."""
    provider = _logs.get_logger_provider()
    if isinstance(provider, LoggerProvider):
        return provider
    if settings.carrier != "log":
        return None
    made = LoggerProvider(resource)
    _logs.set_logger_provider(made)
    return made
