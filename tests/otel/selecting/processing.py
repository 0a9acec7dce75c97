"""A pipeline that exports when flushed, for the tests of selecting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Sampler

from otel import PostHogSpanProcessor, RecordingSampler
from otel.delivery.posthog.exporter import PostHogSpanExporter
from otel.envelope import Capture
from otel.outcomes import Counters, Ledger
from tests.otel.recording.test_processor import Sink
from tests.otel.shop import GROUPS, REGISTRY, SETTINGS


class Pipeline:
    """A provider of its own with our processor, which exports when flushed."""

    def __init__(self, sampler: Sampler = ALWAYS_OFF, journal: Path | None = None, **options: Any) -> None:
        self.sink = Sink()
        self.counters = Counters()
        settings = SETTINGS.replace(error_event=None, journal=journal, host="http://127.0.0.1:9")
        self.exporter = PostHogSpanExporter(
            settings=settings,
            registry=REGISTRY,
            ledger=Ledger(self.counters),
            sink=self.sink if journal is None else None,
        )
        options = {"flush_timeout": 2.0, "schedule_delay_millis": 60_000, **options}
        self.processor = PostHogSpanProcessor(self.exporter, groups=GROUPS, **options)
        self.provider = TracerProvider(sampler=RecordingSampler(sampler), shutdown_on_exit=False)
        self.provider.add_span_processor(self.processor)
        self.tracer = self.provider.get_tracer("tests")

    def ship(self, number: int = 1) -> None:
        with self.tracer.start_as_current_span("request") as span:
            span.add_event("parcel_shipped", {"number": number})

    def arrived(self) -> list[Capture]:
        assert self.processor.force_flush()
        return self.sink.captures

    def errors(self) -> list[tuple[str, bool]]:
        return [
            (capture.properties["error_type"], capture.properties["handled"])
            for capture in self.arrived()
            if capture.event == "$exception"
        ]
