"""The bridge's metrics in Prometheus's text format, the pipeline's own counters among them."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from otel.outcomes.counters import Counters
from otel.reasons import Reason

__all__ = ["Metrics"]

# From a batch that PostHog takes at once to one that takes all the time that the bridge gives it.
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)


class Metrics:
    """The metrics of one bridge, in a registry of their own, so that a process can have several. Thread-safe.

    Args:
        counters: the counts of delivered and lost events.
    """

    def __init__(self, counters: Counters) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "posthog_bridge_requests",
            "OTLP requests by what was answered",
            ["signal", "outcome"],
            registry=self._registry,
        )
        self.items = Counter(
            "posthog_bridge_items",
            "Spans and log records received, those that were sent again included",
            ["signal"],
            registry=self._registry,
        )
        self.events = Counter(
            "posthog_bridge_events",
            "Events and errors among them, mapped or rejected",
            ["signal"],
            registry=self._registry,
        )
        self.in_flight = Gauge(
            "posthog_bridge_requests_in_flight", "OTLP requests under way", registry=self._registry
        )
        self.delivery = Histogram(
            "posthog_bridge_delivery_seconds",
            "Time until a request's events had their fate from PostHog",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._registry.register(_PipelineCounters(counters))
        # Its CPU: a replica is one process, and full at one core.
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Return all of them as Prometheus reads them."""
        return generate_latest(self._registry)


class _PipelineCounters(Collector):
    """The pipeline's counters, under the names that OpenTelemetry's own exporters give them."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Read them."""
        totals = self._counters.totals()
        yield CounterMetricFamily(
            "posthog_events_delivered",
            "Events that PostHog acknowledged",
            value=totals.get("delivered", 0),
        )
        yield CounterMetricFamily(
            "posthog_events_retried",
            "Events sent again after a failed attempt",
            value=totals.get("retried", 0),
        )
        lost = CounterMetricFamily("posthog_events_lost", "Events that will not arrive", labels=["reason"])
        for reason in Reason:  # also those with none yet: a rate needs a zero to begin at
            lost.add_metric([reason.value], totals.get(reason.value, 0))
        yield lost
