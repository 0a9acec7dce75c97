"""A pipeline with a journal, which stands for a process within a test."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from opentelemetry.sdk.trace import TracerProvider

from otel import PostHogSpanProcessor, RecordingSampler
from otel.delivery.journal import JournalRecovery
from otel.delivery.posthog.exporter import PostHogSpanExporter
from otel.inspector.running import RunningInspector
from otel.outcomes import Counters, Ledger, open_quarantine
from otel.recording import Recorder
from otel.selecting import QueueEmitter
from tests.otel.shop import REGISTRY, SETTINGS, ParcelShipped

# No server listens on this port.
NOWHERE = "http://127.0.0.1:9"
TIMEOUT = 20.0


class Pipeline:
    """A separate provider with a processor, an exporter and a journal. It exports only when flushed."""

    def __init__(self, url: str, folder: Path, **settings: Any) -> None:
        self.settings = SETTINGS.replace(
            **{"host": url, "journal": folder, "flush_timeout": 0.3, "events": ("order_*",), **settings}
        )
        self.counters = Counters()
        ledger = Ledger(self.counters, open_quarantine(self.settings.quarantine))
        self.exporter = PostHogSpanExporter(settings=self.settings, registry=REGISTRY, ledger=ledger)
        self.processor = PostHogSpanProcessor(
            self.exporter,
            groups=self.settings.groups,
            flush_timeout=self.settings.flush_timeout,
            schedule_delay_millis=60_000,
        )
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.provider.sampler = RecordingSampler(self.provider.sampler)
        self.provider.add_span_processor(self.processor)
        self.tracer = self.provider.get_tracer("tests")
        self.recorder = Recorder(
            REGISTRY, groups=self.settings.groups, ledger=ledger, emitter=QueueEmitter(self.processor)
        )

    def ship(self, *numbers: int) -> None:
        for number in numbers:
            with self.tracer.start_as_current_span("request"):
                self.recorder.event(ParcelShipped(number=number), None)

    def add(self, name: str, **attributes: Any) -> None:
        with self.tracer.start_as_current_span("request") as span:
            span.add_event(name, attributes)

    def fail(self, message: str) -> None:
        try:
            with self.tracer.start_as_current_span("task"):
                raise LookupError(message)
        except LookupError:
            pass

    def end(self) -> None:
        self.provider.shutdown()

    def adopt(self) -> None:
        """Deliver the events that other pipelines left, in this thread."""
        assert self.exporter.journal is not None
        journal = self.exporter.journal
        JournalRecovery(journal, self.exporter._export)._adopt(journal.failed_deliveries, threading.Event())


def numbers(inspector: RunningInspector) -> Counter[int]:
    return Counter(one["properties"]["number"] for one in inspector.good("parcel_shipped"))


def once(*expected: int) -> Counter[int]:
    return Counter(expected)


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, f"the condition was not met within {TIMEOUT} s"
        time.sleep(0.02)
