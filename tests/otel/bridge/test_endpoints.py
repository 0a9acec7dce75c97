"""Paths, metrics and compressions as stock exporters use them."""

from __future__ import annotations

import zlib
from typing import Any

import orjson
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
)

from otel.inspector.running import RunningInspector
from tests.otel.bridge.sending import JSON, PROTOBUF, ask, post, post_json
from tests.otel.bridge.test_logs import logs, record
from tests.otel.bridge.test_traces import javascript_request, shipped

_TRACES = orjson.dumps(javascript_request([shipped()], identity={}))
_GAUGE = {"name": "load", "gauge": {"dataPoints": [{"asDouble": 0.5}, {"asInt": "3"}]}}


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/traces/", "//v1/traces", "//v1//traces/"])
def test_a_superfluous_slash_does_not_matter(inspector: RunningInspector, bridge: str, path: str) -> None:
    assert post(bridge, _TRACES, JSON, path).status == 200
    assert len(inspector.good()) == 1


def test_logs_may_be_sent_with_a_slash_at_the_end(inspector: RunningInspector, bridge: str) -> None:
    body = logs(record("parcel_shipped", {"number": 7}))
    assert post_json(bridge, body, "/v1/logs/").status == 200
    assert len(inspector.good()) == 1


def test_metrics_in_protobuf_are_answered_with_how_many_are_not_taken(bridge: str) -> None:
    points = [NumberDataPoint(as_double=0.5)] * 2
    metrics = [
        Metric(name="load", gauge=Gauge(data_points=points)),
        Metric(name="time", histogram=Histogram(data_points=[HistogramDataPoint(bucket_counts=[1, 2])])),
        Metric(name="nothing"),
    ]
    body = ExportMetricsServiceRequest(
        resource_metrics=[ResourceMetrics(scope_metrics=[ScopeMetrics(metrics=metrics)])]
    )
    answer = post(bridge, body.SerializeToString(), PROTOBUF, "/v1/metrics")
    partial = ExportMetricsServiceResponse.FromString(answer.body).partial_success
    assert (answer.status, answer.headers["content-type"]) == (200, "application/x-protobuf")
    assert (partial.rejected_data_points, "OTEL_METRICS_EXPORTER=none" in partial.error_message) == (3, True)


@pytest.mark.parametrize("path", ["/v1/metrics", "/v1/metrics/"])
def test_metrics_in_json_are_answered_in_json(bridge: str, path: str) -> None:
    body = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [_GAUGE]}]}]}
    answer = post_json(bridge, body, path)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json["partialSuccess"]["rejectedDataPoints"] == "2"


@pytest.mark.parametrize("body", [{}, {"resourceMetrics": None}, {"resourceMetrics": []}])
def test_no_metrics_are_accepted_in_full(bridge: str, body: dict[str, Any]) -> None:
    answer = post_json(bridge, body, "/v1/metrics")
    assert (answer.status, answer.json) == (200, {})
    assert post(bridge, b"", PROTOBUF, "/v1/metrics").body == b""


def test_metrics_hold_no_events_that_could_be_lost(bridge: str) -> None:
    before = ask(bridge, "GET", "/metrics").body
    body = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [_GAUGE, 5]}]}]}
    assert post_json(bridge, body, "/v1/metrics").status == 200
    after = ask(bridge, "GET", "/metrics").body
    losses = [line for line in before.splitlines() if line.startswith(b"posthog_events_lost")]
    assert losses == [line for line in after.splitlines() if line.startswith(b"posthog_events_lost")]


def test_a_body_compressed_with_deflate_is_accepted(inspector: RunningInspector, bridge: str) -> None:
    deflated = JSON | {"Content-Encoding": "deflate"}
    assert post(bridge, zlib.compress(_TRACES), deflated).status == 200
    assert len(inspector.good()) == 1
    assert post(bridge, _TRACES, deflated).status == 400
