"""`python -m tests.collector.programs.both`: send events to PostHog directly and through the Collector."""

from __future__ import annotations

from opentelemetry import trace
from opentelemetry.trace import SpanKind

from otel import Identity, Settings, pipeline, record, record_error
from otel.delivery.collector.exporter import CollectorExporter
from otel.events import default_registry
from otel.selecting import PostHogLogProcessor, PostHogSpanProcessor
from tests.host.events import InvoicePaid, ParcelShipped

__all__: list[str] = []

ANNA = Identity("person-anna", groups={"team": "team-1"})


def _also_send_to_the_collector(settings: Settings) -> PostHogSpanProcessor:
    exporter = CollectorExporter(settings, default_registry)
    processor = PostHogSpanProcessor(exporter, groups=settings.groups, flush_timeout=20)
    provider = trace.get_tracer_provider()
    provider.add_span_processor(processor)  # type: ignore[attr-defined]  # it is the SDK's
    if settings.carrier == "log":
        from opentelemetry._logs import get_logger_provider

        get_logger_provider().add_log_record_processor(  # type: ignore[attr-defined]  # as above
            PostHogLogProcessor(processor)
        )
    return processor


def _fail(number: int) -> None:
    parcels: dict[int, str] = {}
    parcels[number]


if __name__ == "__main__":
    settings = Settings.from_environ().replace(groups={"team": "host.team.id"}, error_event="host_failed")
    pipeline.install(settings)
    processor = _also_send_to_the_collector(settings)
    tracer = trace.get_tracer("both")
    for number in range(20):
        about = ANNA.attributes(settings.groups)
        with tracer.start_as_current_span("request", kind=SpanKind.SERVER, attributes=dict(about)):
            record(ParcelShipped(number=number, note="with love"))
            record(InvoicePaid(amount=number / 8, team_slug="acme"))
            with tracer.start_as_current_span("inner"):
                try:
                    _fail(number)
                except KeyError as error:
                    record_error(error)
    assert pipeline.flush(20)
    assert processor.force_flush(20_000)
