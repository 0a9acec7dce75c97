"""Outcomes of events, as OpenTelemetry metrics."""

from __future__ import annotations

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint

from otel.outcomes.counters import Counters
from otel.reasons import Reason


def test_each_outcome_is_a_metric_and_each_loss_has_its_reason() -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    counters = Counters(provider)
    counters.delivered(3)
    counters.retried(2)
    counters.lost(Reason.REFUSED)
    counters.lost(Reason.QUEUE_FULL, 4)
    data = reader.get_metrics_data()
    assert data is not None
    points = {
        (metric.name, point.attributes.get("reason") if point.attributes else None): point.value
        for metric in data.resource_metrics[0].scope_metrics[0].metrics
        for point in metric.data.data_points
        if isinstance(point, NumberDataPoint)
    }
    assert points == {
        ("posthog.events.delivered", None): 3,
        ("posthog.events.retried", None): 2,
        ("posthog.events.lost", "refused"): 1,
        ("posthog.events.lost", "queue_full"): 4,
    }
    assert counters.totals() == {"delivered": 3, "retried": 2, "refused": 1, "queue_full": 4}
    provider.shutdown()
