"""HTTP for delivery: a client that sends batches until a deadline, with retries, whatever the endpoint."""

from otel.delivery.http._retry import RetryPolicy
from otel.delivery.http._sender import MAX_BODY
from otel.delivery.http.client import BatchClient, Undelivered
from otel.delivery.http.clock import Clock
from otel.delivery.http.protocol import Outcome, WireProtocol
from otel.delivery.http.transport import SDK, Answer, NoResponse, Transport

__all__ = [
    "MAX_BODY",
    "SDK",
    "Answer",
    "BatchClient",
    "Clock",
    "NoResponse",
    "Outcome",
    "RetryPolicy",
    "Transport",
    "Undelivered",
    "WireProtocol",
]
