"""The bridge's responses in OTLP/HTTP: success, partial success, or an error with a status message."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from otel.bridge.otlp.body import JSON, PROTOBUF

__all__ = ["RETRY_AFTER", "Answer", "error_response", "ok_response"]

# The Collector's exporter doubles its own delay, beginning with 1 s, and uses the longer one; this value only
# keeps a client without a delay from returning immediately.
RETRY_AFTER = 1.0

# The `google.rpc.Code` of each status, which is optional in the protocol and set by OpenTelemetry's own
# receiver.
_CODES: Mapping[int, int] = MappingProxyType({400: 3, 404: 5, 413: 8, 415: 3, 429: 8, 503: 14})


@dataclass(slots=True, frozen=True)
class Answer:
    """A response, independent of the web framework.

    Args:
        outcome: the label in metrics.
        status: the HTTP status.
        body: the encoded message.
        headers: the HTTP headers, including Content-Type.
    """

    outcome: str
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def ok_response(response: Message, media_type: str, outcome: str = "accepted") -> Answer:
    """Return the response to a request that must not be sent again.

    Args:
        response: the message, which may say what can never be delivered.
        media_type: the request's media type.
        outcome: the label in metrics.
    """
    return Answer(outcome, 200, _encoded(response, media_type), {"Content-Type": media_type})


def error_response(
    status: int, reason: str, media_type: str, outcome: str, retry_after: float | None = None
) -> Answer:
    """Return the response to a request that was not accepted.

    Args:
        status: the HTTP status; after 429 and 503 the Collector sends again, after others never
            (`otlphttpexporter`).
        reason: what is wrong, for the sender's log.
        media_type: the request's media type.
        outcome: the label in metrics.
        retry_after: seconds.
    """
    media_type = media_type if media_type in (JSON, PROTOBUF) else JSON
    headers = {"Content-Type": media_type}
    if retry_after is not None:
        headers["Retry-After"] = str(math.ceil(retry_after))
    message = Status(code=_CODES.get(status, 2), message=reason)
    return Answer(outcome, status, _encoded(message, media_type), headers)


def _encoded(message: Message, media_type: str) -> bytes:
    if media_type == JSON:
        return json_format.MessageToJson(message, indent=None).encode()
    return message.SerializeToString()
