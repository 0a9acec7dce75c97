"""Requests to the bridge, and the captures that arrived, in a comparable form."""

from __future__ import annotations

import http.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
from google.rpc.status_pb2 import Status
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import ReadableSpan

from otel.inspector.running import RunningInspector

PROTOBUF = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def traces(self) -> ExportTraceServiceResponse:
        return ExportTraceServiceResponse.FromString(self.body)

    @property
    def reason(self) -> str:
        return str(Status.FromString(self.body).message)


def ask(
    url: str, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Answer:
    """Send one request over a new connection."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    try:
        connection.request(method, path, body or None, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


def post(url: str, body: bytes, headers: Mapping[str, str] = PROTOBUF, path: str = "/v1/traces") -> Answer:
    return ask(url, "POST", path, body, headers)


def post_json(url: str, body: Any, path: str = "/v1/traces") -> Answer:
    return post(url, orjson.dumps(body), JSON, path)


def encoded(spans: Sequence[ReadableSpan]) -> bytes:
    """Return the request body that OpenTelemetry's own exporter sends for spans."""
    raw: bytes = encode_spans(spans).SerializeToString()
    return raw


def arrived(inspector: RunningInspector) -> list[dict[str, Any]]:
    """Return the captures that arrived, sorted by uuid and without their time of arrival."""
    fields = ("uuid", "event", "distinct_id", "timestamp", "properties")
    return sorted(
        ({name: capture[name] for name in fields} for capture in inspector.good()),
        key=lambda one: one["uuid"],
    )
