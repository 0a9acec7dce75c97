"""Asking whether a Collector is there, without sending it anything."""

from __future__ import annotations

from otel.delivery._otlp_endpoint import OtlpEndpoint
from otel.delivery.http.transport import Transport, Unreachable

__all__ = ["reach"]


def reach(endpoint: OtlpEndpoint, timeout: float) -> str:
    """Return what is wrong with a Collector; an empty text if it takes requests.

    An empty request is one that every OTLP receiver takes (specification, "OTLP/HTTP").

    Args:
        endpoint: where it should be.
        timeout: seconds.
    """
    transport = Transport(endpoint.origin, endpoint.tls)
    headers = {"Content-Type": "application/x-protobuf", **endpoint.headers}
    try:
        answer = transport.post(endpoint.path, b"", headers, timeout)
    except Unreachable as error:
        return f"{endpoint.url} cannot be reached: {error}"
    finally:
        transport.close()
    if 200 <= answer.status < 300:
        return ""
    return f"{endpoint.url} does not answer as a Collector does: status {answer.status}"
