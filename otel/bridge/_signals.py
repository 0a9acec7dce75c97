"""OTLP's signals: the messages of each, and how its requests are mapped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from otel.bridge._mapped import MappedRequest
from otel.bridge._mapping import RequestMapper

__all__ = ["LOGS", "TRACES", "Signal", "metrics_response"]


@dataclass(frozen=True, slots=True)
class Signal:
    """The differences between the signals that the bridge takes.

    Args:
        name: the name in metrics; the path is `/v1/` followed by it.
        request: the class of the request message.
        map: maps the request message within some seconds of CPU time.
        response: makes the response message from a number of rejected items and a text.
    """

    name: str
    request: type[Message]
    map: Callable[[RequestMapper, Any, float], MappedRequest]
    response: Callable[[int, str], Message]


def _traces_response(rejected: int, text: str) -> Message:
    if not text:
        return ExportTraceServiceResponse()
    partial = ExportTracePartialSuccess(rejected_spans=rejected, error_message=text)
    return ExportTraceServiceResponse(partial_success=partial)


def _logs_response(rejected: int, text: str) -> Message:
    if not text:
        return ExportLogsServiceResponse()
    partial = ExportLogsPartialSuccess(rejected_log_records=rejected, error_message=text)
    return ExportLogsServiceResponse(partial_success=partial)


def metrics_response(request: ExportMetricsServiceRequest) -> Message:
    """Return the response to metrics, which says that they are not taken, as the protocol requires.

    A 404 would make exporters report an error for each request; some agents export metrics by default.

    Args:
        request: a request to `/v1/metrics`.
    """
    points = sum(
        len(getattr(metric, metric.WhichOneof("data") or "gauge").data_points)
        for group in request.resource_metrics
        for scope in group.scope_metrics
        for metric in scope.metrics
    )
    text = "the bridge takes no metrics: set OTEL_METRICS_EXPORTER=none, or send them elsewhere"
    partial = ExportMetricsPartialSuccess(rejected_data_points=points, error_message=text)
    return ExportMetricsServiceResponse(partial_success=partial if points else None)


TRACES = Signal("traces", ExportTraceServiceRequest, RequestMapper.spans, _traces_response)
LOGS = Signal("logs", ExportLogsServiceRequest, RequestMapper.logs, _logs_response)
