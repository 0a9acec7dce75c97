"""A separate pipeline that receives log records, and the captures that it delivers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from opentelemetry.sdk._logs import LoggerProvider, LogRecordProcessor, ReadWriteLogRecord
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from otel import PostHogSpanProcessor, RecordingSampler
from otel.delivery.posthog.exporter import PostHogSpanExporter
from otel.envelope import Capture
from otel.outcomes import Counters, Ledger
from otel.selecting import PostHogLogProcessor
from otel.settings import Settings
from tests.otel.shop import REGISTRY, SETTINGS

# The resource of a process without a service name.
UNNAMED = Resource.get_empty()


class Sink:
    """A sink that accepts captures while its gate is open."""

    def __init__(self) -> None:
        self.captures: list[Capture] = []
        self.gate = threading.Event()
        self.gate.set()

    def deliver(self, captures: Sequence[Capture], deadline: float | None = None) -> tuple[str, ...]:
        self.gate.wait(5 if deadline is None else max(0, deadline - time.monotonic()))
        self.captures.extend(captures)
        return ()

    def interrupt(self, deadline: float) -> None:
        self.gate.set()

    def close(self) -> None:
        pass


class LogPipeline:
    """A separate tracer provider and logger provider, both with our processors."""

    def __init__(
        self,
        max_queue_size: int = 10_000,
        settings: Settings = SETTINGS,
        resource: Resource = UNNAMED,
    ) -> None:
        self.sink = Sink()
        self.counters = Counters()
        sink = None if settings.journal is not None else self.sink
        self.exporter = PostHogSpanExporter(
            settings=settings, registry=REGISTRY, ledger=Ledger(self.counters), sink=sink
        )
        self.spans = PostHogSpanProcessor(
            self.exporter,
            groups=settings.groups,
            flush_timeout=settings.flush_timeout,
            max_queue_size=max_queue_size,
            schedule_delay_millis=60_000,
        )
        self.provider = TracerProvider(sampler=RecordingSampler(TracerProvider().sampler))
        self.provider.add_span_processor(self.spans)
        self.tracer = self.provider.get_tracer("tests")
        self.logs = LoggerProvider(resource, shutdown_on_exit=False)
        self.logs.add_log_record_processor(PostHogLogProcessor(self.spans))
        self.logger = self.logs.get_logger("tests")

    def ship(self, number: int, **fields: Any) -> None:
        self.logger.emit(event_name="parcel_shipped", attributes={"number": number}, **fields)

    def arrived(self) -> list[Capture]:
        assert self.logs.force_flush()
        return self.sink.captures

    def numbers(self) -> list[int]:
        return [capture.properties["number"] for capture in self.arrived()]


class AttributeRecorder(LogRecordProcessor):
    """A processor after ours that remembers the attributes of each record."""

    def __init__(self) -> None:
        self.attributes: list[dict[str, object]] = []

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        self.attributes.append(dict(log_record.log_record.attributes or {}))

    def shutdown(self) -> None:
        pass

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return True


@pytest.fixture
def pipeline() -> Iterator[LogPipeline]:
    made = LogPipeline()
    yield made
    made.provider.shutdown()
