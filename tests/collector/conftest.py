"""Fixtures: a real Collector that exports to a stand-in for the bridge and to a real Jaeger."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.collector.otlp import send_spans, span
from tests.collector.sink import Sink, running_sink
from tests.lifecycle.servers import wait_for
from tests.services.collector import CONFIG, RunningCollector, running_collector
from tests.services.jaeger import RunningJaeger, running_jaeger

# Tail sampling decides within a second or two. All other settings have their defaults unless a test sets one.
QUICK = {"TAIL_DECISION_WAIT": "1s", "TAIL_WAIT_AFTER_ROOT": "100ms"}


@dataclass(frozen=True)
class Gateway:
    """A Collector and the two services that it exports to."""

    collector: RunningCollector
    sink: Sink
    jaeger: RunningJaeger

    @property
    def url(self) -> str:
        return self.collector.otlp_url

    def bridged(self, trace: int, count: int = 1) -> list[Span]:
        """Wait until the bridge has received that many spans of a trace, and return them."""
        wait_for(lambda: len(self.sink.of(trace)) >= count)
        return self.sink.of(trace)

    def traced(self, trace: int) -> list[dict[str, Any]]:
        """Wait until Jaeger has a trace, and return its spans."""
        return wait_for(lambda: self._spans(trace))

    def is_traced(self, trace: int) -> bool:
        """Whether Jaeger has a trace, once it has a later trace with an error."""
        later = secrets.randbits(128)
        send_spans(self.url, span(later, error="it fails"))
        self.traced(later)
        return bool(self._spans(trace))

    def _spans(self, trace: int) -> list[dict[str, Any]]:
        found = self.jaeger.trace(f"{trace:032x}") or {}
        return [
            one
            for group in found.get("resourceSpans", [])
            for scope in group["scopeSpans"]
            for one in scope["spans"]
        ]


@contextmanager
def running_gateway(**env: str) -> Iterator[Gateway]:
    """Run the Collector and both services until the block ends."""
    with running_sink() as sink, running_jaeger() as jaeger:
        usual = QUICK | {
            "POSTHOG_BRIDGE_ENDPOINT": sink.url,
            "POSTHOG_BRIDGE_TOKEN": "bridge-token",
            "TRACES_OTLP_ENDPOINT": jaeger.otlp_grpc_endpoint,
            "POSTHOG_EVENT_NAMES": "order_.*|checkout_done",
        }
        with running_collector(CONFIG, usual | env) as collector:
            yield Gateway(collector, sink, jaeger)


@pytest.fixture(scope="package")
def gateway() -> Iterator[Gateway]:
    """Return a gateway that keeps every trace."""
    with running_gateway(TAIL_BASELINE_PERCENT="100") as gateway:
        yield gateway


@pytest.fixture
def trace() -> int:
    """Return a trace id that no other test has."""
    return secrets.randbits(128)
