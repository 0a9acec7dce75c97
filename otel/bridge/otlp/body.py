"""Reading a request of OTLP/HTTP: from its bytes to OpenTelemetry's own messages, within a limit."""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from otel.bridge.otlp._json import UNREADABLE, read_json
from otel.bridge.otlp._salvage import salvage
from otel.serving.bodies import BodyTooLargeError, CorruptBodyError, decompress_within

__all__ = ["JSON", "LIMIT", "PROTOBUF", "Refused", "decompress", "parse_request"]

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

# The Collector's batches have half a MiB, and 24 at most (`max_size` in collector-config.yaml), since a span
# alone may have 20. Times the requests in flight it bounds what a replica holds in memory.
LIMIT = 32 * 1024 * 1024

M = TypeVar("M", bound=Message)


class Refused(Exception):  # noqa: N818 - an answer of the protocol, not a failure of the bridge
    """Raised for a request that will never be taken as it is.

    Args:
        status: the HTTP status.
        reason: what is wrong, for the sender's log.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def decompress(body: bytes, encoding: str, limit: int = LIMIT) -> bytes:
    """Return a body as it was before it was compressed.

    Args:
        body: as sent.
        encoding: the header Content-Encoding.
        limit: bytes; inflating stops there.

    Raises:
        Refused: for what cannot be decoded or is too large.
    """
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise Refused(415, f"Content-Encoding {encoding[:50]!r} is not read; send gzip or identity")
    try:
        return decompress_within(body, limit)
    except CorruptBodyError as error:
        raise Refused(400, f"the body is not gzip, as Content-Encoding says: {error}") from error
    except BodyTooLargeError as error:
        reason = f"the body has more than {limit} bytes once decompressed; send smaller batches"
        raise Refused(413, reason) from error


def parse_request(raw: bytes, media_type: str, kind: type[M]) -> tuple[M, int]:
    """Return the message that a body holds, and how many spans or log records it had that cannot be read.

    Unknown fields are passed over.

    Args:
        raw: decompressed.
        media_type: `PROTOBUF` or `JSON`.
        kind: the message's class.

    Raises:
        Refused: for what is no such message.
    """
    message = kind()
    try:
        return message, read_json(raw, message) if media_type == JSON else _read_protobuf(raw, message)
    except (DecodeError, *UNREADABLE) as error:
        # Protobuf's messages may quote the sender's own values, back to it and nowhere else.
        raise Refused(400, f"the body is no OTLP: {str(error)[:200]}") from error


def _read_protobuf(raw: bytes, message: Message) -> int:
    try:
        message.ParseFromString(raw)
    except DecodeError:
        return salvage(raw, message)
    return 0
