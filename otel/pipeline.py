"""The one place where the pipeline is assembled: sampler, processors, exporter, recorder and scrubber.

The installed pipeline is the only global state of this package.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from opentelemetry import _logs, trace
from opentelemetry.environment_variables import OTEL_TRACES_EXPORTER
from opentelemetry.instrumentation.exceptions import UnhandledExceptionInstrumentor
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

from otel._guard import suppress_internal_errors
from otel.delivery.posthog.exporter import CaptureSink, PostHogSpanExporter
from otel.events import Registry, default_registry
from otel.exceptions import hook_of
from otel.frameworks import observe_flask
from otel.identity import Identity
from otel.mapping.origin import Origins
from otel.outcomes import Counters, Ledger, open_quarantine
from otel.recording import Emitter, LogEmitter, OnCommit, Recorder
from otel.selecting import PostHogLogProcessor, PostHogSpanProcessor, QueueEmitter, RecordingSampler
from otel.settings import Settings
from otel.traces import Scrubber, mark_otlp_exporters, scrub_exporters

if TYPE_CHECKING:
    from otel.delivery.collector.exporter import CollectorExporter

__all__ = [
    "Pipeline",
    "flush",
    "identity_attributes",
    "install",
    "mark_expected",
    "origin",
    "pre_instrument",
    "recorder",
    "reinstall",
    "release",
    "remember_exception",
    "running",
    "scrub",
]

_log = logging.getLogger("otel")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """An installed pipeline.

    Args:
        settings: the settings that it was installed with.
        registry: the declared events.
        counters: the counts of delivered and lost events.
        exporter: delivers to PostHog or the Collector; None if nothing is sent.
        processor: selects and queues spans; None without an exporter.
        recorder: records events for the developer's verbs.
        scrubber: scrubs the spans that are exported as traces.
        url_templates: the templates that the scrubber knows.
        origin: the properties that say where its captures come from.
        logger_provider: emits the exceptions that nobody catches, and events as log records.
    """

    settings: Settings
    registry: Registry
    counters: Counters
    exporter: PostHogSpanExporter | CollectorExporter | None
    processor: PostHogSpanProcessor | None
    recorder: Recorder
    scrubber: Scrubber
    url_templates: Sequence[str]
    origin: Mapping[str, str]
    logger_provider: LoggerProvider


_running: Pipeline | None = None

# For the verbs and the exporters of traces in a program that has not installed a pipeline.
_DEFAULT_RECORDER = Recorder()
_DEFAULT_SCRUBBER = Scrubber()


def running() -> Pipeline | None:
    """Return the installed pipeline."""
    return _running


def recorder() -> Recorder:
    """Return the installed pipeline's recorder."""
    return _DEFAULT_RECORDER if _running is None else _running.recorder


def scrub(spans: Sequence[ReadableSpan]) -> list[ReadableSpan]:
    """Return the spans that belong in a trace, scrubbed by the installed pipeline's rules.

    Args:
        spans: ended.
    """
    return (_DEFAULT_SCRUBBER if _running is None else _running.scrubber).filter_and_scrub(spans)


def install(
    settings: Settings | None = None,
    *,
    registry: Registry = default_registry,
    provider: TracerProvider | None = None,
    logger_provider: LoggerProvider | None = None,
    on_commit: OnCommit | None = None,
    sink: CaptureSink | None = None,
    url_templates: Sequence[str] = (),
) -> Pipeline:
    """Assemble the pipeline on a tracer provider; it replaces the pipeline that was installed before.

    Without a key, a sink or the Collector, nothing is sent, and only recording costs anything. The events
    must be declared by now, because events that an earlier process left in the journal are mapped soon.

    Args:
        settings: those of the environment by default.
        registry: the declared events; the default registry by default.
        provider: the global provider by default; created and set if it is not the SDK's.
        logger_provider: the global provider by default; created and set if events leave as log records.
        on_commit: calls a function after the current transaction; returns False if there is no transaction.
        sink: gets the captures instead of PostHog.
        url_templates: templates of paths at other services for traces, such as `/orgs/{organisation}/repos`.
    """
    settings = settings or Settings.from_environ()
    installed = _assemble(settings, registry, provider, logger_provider, on_commit, sink, url_templates)
    if installed.processor is not None:
        _observe_uncaught(installed.logger_provider)
    if isinstance(installed.exporter, PostHogSpanExporter):
        installed.exporter.start_recovery()
    return installed


def reinstall(pipeline: Pipeline) -> Pipeline:
    """Install a pipeline like an earlier one, on the global providers, after another one has replaced it.

    Args:
        pipeline: the earlier one.
    """
    return install(
        pipeline.settings,
        registry=pipeline.registry,
        on_commit=pipeline.recorder.on_commit,
        url_templates=pipeline.url_templates,
    )


def _assemble(
    settings: Settings,
    registry: Registry = default_registry,
    provider: TracerProvider | None = None,
    logger_provider: LoggerProvider | None = None,
    on_commit: OnCommit | None = None,
    sink: CaptureSink | None = None,
    url_templates: Sequence[str] = (),
) -> Pipeline:
    global _running
    provider = provider or _provider()
    logger_provider = logger_provider or _logger_provider(settings, provider.resource)
    previous = None if _running is None else _running.processor
    if previous is not None:
        previous.replace()
    ledger = Ledger(Counters(), open_quarantine(settings.quarantine))
    exporter, processor = _exporter(settings, registry, ledger, sink), None
    # A public attribute that each new tracer reads; the standard samplers keep their meaning for traces.
    if not isinstance(provider.sampler, RecordingSampler):
        provider.sampler = RecordingSampler(provider.sampler)
    if exporter is not None:
        mark_otlp_exporters(_delivers)
        processor = PostHogSpanProcessor(
            exporter,
            groups=settings.groups,
            flush_timeout=settings.flush_timeout,
            recorded=None if previous is None else previous.recorded,
        )
        provider.add_span_processor(processor)
        logger_provider.add_log_record_processor(PostHogLogProcessor(processor))
        observe_flask(remember_exception, _report_broken_response)
    elif _running is None and settings.via == "posthog":
        _log.warning("POSTHOG_API_KEY is not set: events are recorded on spans, and not sent to PostHog")
    origin = Origins(settings.release_id).of(provider.resource.attributes)
    recorder = Recorder(
        registry,
        groups=settings.groups,
        strict=settings.strict,
        # Where nothing is sent, nothing is lost.
        ledger=ledger if exporter is not None else Ledger(),
        emitter=_emitter(settings, logger_provider, processor),
        resource=origin.resource.attributes,
        on_commit=on_commit,
    )
    scrubber = Scrubber(registry, url_templates=url_templates, send_messages=settings.send_error_messages)
    _running = Pipeline(
        settings,
        registry,
        ledger.counters,
        exporter,
        processor,
        recorder,
        scrubber,
        url_templates,
        origin.properties,
        logger_provider,
    )
    return _running


def _observe_uncaught(logger_provider: LoggerProvider) -> None:
    """Log the exceptions of threads, of asyncio tasks and of the interpreter that nobody catches."""
    instrumentor = UnhandledExceptionInstrumentor()  # type: ignore[no-untyped-call]  # contrib leaves it unannotated
    if not instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.instrument(logger_provider=logger_provider)


def _exporter(
    settings: Settings, registry: Registry, ledger: Ledger, sink: CaptureSink | None
) -> PostHogSpanExporter | CollectorExporter | None:
    """Return the exporter that the settings ask for; a sink replaces both destinations."""
    if settings.via == "collector" and sink is None:
        try:
            from otel.delivery.collector.exporter import CollectorExporter
        except ImportError as error:  # an extra, whose absence must not stop the product
            _log.error(
                "POSTHOG_VIA=collector: nothing is sent without OpenTelemetry's OTLP messages (%s); "
                "install tformance-otel[collector]",
                error,
            )
            return None
        return CollectorExporter(settings, registry, ledger)
    if settings.api_key or sink is not None:
        return PostHogSpanExporter(settings=settings, registry=registry, ledger=ledger, sink=sink)
    return None


def _emitter(
    settings: Settings, logger_provider: LoggerProvider, processor: PostHogSpanProcessor | None
) -> Emitter | None:
    """Return the emitter of recorded events; None for the default, which only adds them to spans."""
    if settings.carrier == "log":
        return LogEmitter(logger_provider)
    return None if processor is None else QueueEmitter(processor)


def pre_instrument() -> None:
    """Install the pipeline under `opentelemetry-instrument`, if a key or the Collector is configured.

    OpenTelemetry calls it in every program in whose environment this package is installed, after the provider
    is set and before a tracer is created (entry point `opentelemetry_pre_instrument`).
    """
    with suppress_internal_errors("installing under opentelemetry-instrument"):
        settings = Settings.from_environ()
        # `OTEL_TRACES_EXPORTER=posthog` asks for the exporter alone; both would deliver every event twice.
        exporters = os.environ.get(OTEL_TRACES_EXPORTER, "").split(",")
        is_wanted = settings.via == "collector" or bool(settings.api_key)
        if is_wanted and "posthog" not in (name.strip() for name in exporters):
            _assemble(settings)  # nothing is declared yet; the first export starts the recovery
            scrub_exporters(scrub)


def _delivers() -> bool:
    """Whether the installed pipeline delivers what is on spans, so that a bridge must not do it again."""
    return _running is not None and _running.exporter is not None


def flush(timeout: float | None = None) -> bool:
    """Deliver what is queued; return whether all of it was delivered.

    Args:
        timeout: seconds; the settings' flush timeout by default.
    """
    if _running is None or _running.processor is None:
        return True
    seconds = _running.settings.flush_timeout if timeout is None else timeout
    return _running.processor.force_flush(int(seconds * 1000))


def remember_exception(exception: BaseException, span_id: int) -> None:
    """Keep the frames of an exception that ends the current entry span without being recorded live.

    Args:
        exception: being handled by a framework.
        span_id: of the current span.
    """
    if _running is not None and _running.processor is not None:
        _running.processor.remember_exception(exception, span_id)


def _report_broken_response(exception: BaseException, span: trace.Span) -> None:
    if _running is not None and _running.processor is not None and isinstance(span, ReadableSpan):
        _running.processor.report_uncaught(span, exception, hook_of(span))


def mark_expected(span_id: int) -> None:
    """Mark the exception that ends the current entry span as expected, so that it is not an error.

    Args:
        span_id: of the current span.
    """
    if _running is not None and _running.processor is not None:
        _running.processor.mark_expected(span_id)


def release(span_id: int) -> None:
    """Deliver the events of nobody that wait for the end of a span, because the span may never end.

    Args:
        span_id: of the current span.
    """
    if _running is not None and _running.processor is not None:
        _running.processor.release(span_id)


def identity_attributes(identity: Identity) -> dict[str, str | bool]:
    """Return the attributes that an identity stamps on an entry span.

    Args:
        identity: the person and groups of the request or task.
    """
    return identity.entry_attributes(_running.settings.groups if _running is not None else {})


def origin() -> Mapping[str, str]:
    """Return the properties that say where this process's captures come from, for its pages to send the same.

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


def _logger_provider(settings: Settings, resource: Resource) -> LoggerProvider:
    """Return the SDK's global provider, or else one of our own, which is global only if `record` needs it."""
    provider = _logs.get_logger_provider()
    if isinstance(provider, LoggerProvider):
        return provider
    made = _own_logger_provider(resource)
    if settings.carrier == "log":
        _logs.set_logger_provider(made)
    return made


@cache  # what logs uncaught exceptions keeps the provider of the first pipeline
def _own_logger_provider(resource: Resource) -> LoggerProvider:
    return LoggerProvider(resource)
