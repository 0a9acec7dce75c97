"""A real Collector, with a stand-in for the bridge on one side and a real Jaeger on the other."""

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

# Decisions within a second or two, and everything else at its default but for what a test is about.
QUICK = {"TAIL_DECISION_WAIT": "1s", "TAIL_WAIT_AFTER_ROOT": "100ms"}


@dataclass(frozen=True)
class Gateway:
    """Hold a Collector with both of its sides."""

    collector: RunningCollector
    sink: Sink
    jaeger: RunningJaeger

    @property
    def url(self) -> str:
        return self.collector.otlp_url

    def bridged(self, trace: int, count: int = 1) -> list[Span]:
        """Return what the bridge got of a trace, as soon as that many spans are there."""
        wait_for(lambda: len(self.sink.of(trace)) >= count)
        return self.sink.of(trace)

    def traced(self, trace: int) -> list[dict[str, Any]]:
        """Return a trace's spans, as soon as Jaeger has it."""
        return wait_for(lambda: self._spans(trace))

    def is_traced(self, trace: int) -> bool:
        """Whether Jaeger has a trace, after one with an error that came later."""
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
    """Run all three as long as the block."""
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
    """Give the gateway that keeps every trace."""
    with running_gateway(TAIL_BASELINE_PERCENT="100") as gateway:
        yield gateway


@pytest.fixture
def trace() -> int:
    """Give a trace id that no other test has."""
    return secrets.randbits(128)
