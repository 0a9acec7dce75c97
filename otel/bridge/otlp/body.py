"""Decoding of OTLP/HTTP requests, from bytes to OpenTelemetry's messages, within a limit."""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from otel.bridge.otlp._json import UNREADABLE, read_json
from otel.bridge.otlp._salvage import salvage
from otel.serving.bodies import BodyTooLargeError, CorruptBodyError, decompress_within

__all__ = ["JSON", "LIMIT", "PROTOBUF", "Refused", "decompress", "parse_request"]

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

# The Collector's batches have half a MiB, and at most 24 MiB (`max_size` in collector-config.yaml), because a
# single span may have 20. With the number of concurrent requests, the limit bounds a replica's memory.
LIMIT = 32 * 1024 * 1024

M = TypeVar("M", bound=Message)


class Refused(Exception):  # noqa: N818 - a response of the protocol, not a failure of the bridge
    """Raised for a request that can never be accepted as it is.

    Args:
        status: the HTTP status.
        reason: what is wrong, for the sender's log.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def decompress(body: bytes, encoding: str, limit: int = LIMIT) -> bytes:
    """Return a body without its compression.

    Args:
        body: as received.
        encoding: the header Content-Encoding.
        limit: bytes; decompression stops there.

    Raises:
        Refused: if the body cannot be decompressed or is too large.
    """
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise Refused(415, f"Content-Encoding {encoding[:50]!r} is not supported; send gzip or identity")
    try:
        return decompress_within(body, limit)
    except CorruptBodyError as error:
        raise Refused(400, f"the body is not gzip, as Content-Encoding says: {error}") from error
    except BodyTooLargeError as error:
        reason = f"the body has more than {limit} bytes once decompressed; send smaller batches"
        raise Refused(413, reason) from error


def parse_request(raw: bytes, media_type: str, kind: type[M]) -> tuple[M, int]:
    """Return the message in a body, and how many of its spans or log records cannot be decoded.

    Unknown fields are ignored.

    Args:
        raw: decompressed.
        media_type: `PROTOBUF` or `JSON`.
        kind: the message's class.

    Raises:
        Refused: if the body is not such a message.
    """
    message = kind()
    try:
        return message, read_json(raw, message) if media_type == JSON else _read_protobuf(raw, message)
    except (DecodeError, *UNREADABLE) as error:
        # Protobuf's error messages may quote values, which go back to their sender only.
        raise Refused(400, f"the body is not OTLP: {str(error)[:200]}") from error


def _read_protobuf(raw: bytes, message: Message) -> int:
    try:
        message.ParseFromString(raw)
    except DecodeError:
        return salvage(raw, message)
    return 0
