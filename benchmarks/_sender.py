"""A sender of ready-made OTLP requests on several connections, like the Collector's exporter."""

from __future__ import annotations

import gzip
import http.client
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse as Response
from opentelemetry.sdk.trace import ReadableSpan

__all__ = ["NotTakenError", "body_of", "send"]

_HEADERS = {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}


class NotTakenError(RuntimeError):
    """Raised if the receiver did not accept all spans, which makes the measurement invalid."""


def body_of(spans: Sequence[ReadableSpan]) -> bytes:
    """Return the gzipped body of a request.

    Args:
        spans: ended spans.
    """
    return gzip.compress(encode_spans(spans).SerializeToString())


def send(urls: Sequence[str], bodies: Sequence[bytes], connections: int) -> None:
    """Post bodies, and return when all have been answered.

    Args:
        urls: the receivers, over which the connections are distributed.
        bodies: the bodies of requests to `/v1/traces`.
        connections: the number of concurrent connections.

    Raises:
        NotTakenError: if a request or a span was refused.
    """
    shares = [(urls[number % len(urls)], bodies[number::connections]) for number in range(connections)]
    with ThreadPoolExecutor(connections) as threads:
        for _ in threads.map(_send_in_turn, *zip(*shares, strict=True)):
            pass


def _send_in_turn(url: str, bodies: Sequence[bytes]) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        for body in bodies:
            connection.request("POST", "/v1/traces", body, _HEADERS)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != http.client.OK:
                raise NotTakenError(answer.status, said)
            if Response.FromString(said).partial_success.rejected_spans:
                raise NotTakenError(said)
    finally:
        connection.close()
