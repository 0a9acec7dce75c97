"""What the bridge answers, as OTLP/HTTP has it: empty, partly taken, or refused with a status message."""

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

# The Collector's exporter doubles its own delay from 1 s on and takes the longer of the two; this one only
# keeps a client that has none from coming back at once.
RETRY_AFTER = 1.0

# `google.rpc.Code` of each status; the protocol leaves it optional, and OpenTelemetry's own receiver sets it.
_CODES: Mapping[int, int] = MappingProxyType({400: 3, 404: 5, 413: 8, 415: 3, 429: 8, 503: 14})


@dataclass(slots=True, frozen=True)
class Answer:
    """Hold an answer, apart from any web framework.

    Args:
        outcome: for the metrics.
        status: the HTTP status.
        body: the encoded message.
        headers: the content's type among them.
    """

    outcome: str
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def ok_response(response: Message, media_type: str, outcome: str = "accepted") -> Answer:
    """Return the answer to a request that is not to be sent again.

    Args:
        response: empty, or saying what of it can never be delivered.
        media_type: the request's.
        outcome: for the metrics.
    """
    return Answer(outcome, 200, _encoded(response, media_type), {"Content-Type": media_type})


def error_response(
    status: int, reason: str, media_type: str, outcome: str, retry_after: float | None = None
) -> Answer:
    """Return the answer to a request that was not taken.

    Args:
        status: 429 and 503 are sent again, the others never (`otlphttpexporter`).
        reason: for the sender's log.
        media_type: the request's.
        outcome: for the metrics.
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
