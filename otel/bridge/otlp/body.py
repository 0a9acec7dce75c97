"""Decoding of OTLP/HTTP requests, from bytes to OpenTelemetry's messages, within a limit."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from otel.bridge.otlp._json import read_json
from otel.bridge.otlp._salvage import salvage
from otel.bridge.otlp.budget import LIMIT, check_protobuf
from otel.bridge.otlp.refusal import Refused, over_budget
from otel.serving.bodies import GZIP, BodyTooLargeError, CorruptBodyError, decompress_within

__all__ = ["JSON", "PROTOBUF", "decompress", "parse_request"]

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

# What OpenTelemetry's exporters compress with; `deflate` is zlib's format (RFC 9110, section 8.4.1.2).
_WINDOWS: Mapping[str, int] = MappingProxyType({"gzip": GZIP, "deflate": zlib.MAX_WBITS})

M = TypeVar("M", bound=Message)


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
    window = _WINDOWS.get(encoding)
    if window is None:
        reason = f"Content-Encoding {encoding[:50]!r} is not supported; send gzip, deflate or identity"
        raise Refused(415, reason)
    try:
        return decompress_within(body, limit, window)
    except CorruptBodyError as error:
        raise Refused(400, f"the body is not {encoding}, as Content-Encoding says: {error}") from error
    except BodyTooLargeError as error:
        msg = f"the body has more than {limit} bytes once decompressed"
        raise over_budget(msg) from error


def parse_request(raw: bytes, media_type: str, kind: type[M]) -> tuple[M, int]:
    """Return the message in a body, and how many of its spans or log records cannot be decoded.

    Unknown fields are ignored.

    Args:
        raw: decompressed.
        media_type: `PROTOBUF` or `JSON`.
        kind: the message's class.

    Raises:
        Refused: if the body is not such a message, or holds too much.
    """
    message = kind()
    try:
        return message, read_json(raw, message) if media_type == JSON else _read_protobuf(raw, message)
    except (DecodeError, ValueError, TypeError) as error:
        # Error messages may quote values, which go back to their sender only.
        raise Refused(400, f"the body is not OTLP: {str(error)[:200]}") from error


def _read_protobuf(raw: bytes, message: Message) -> int:
    check_protobuf(raw)
    try:
        message.ParseFromString(raw)
    except DecodeError:
        return salvage(raw, message)
    return 0
