"""Decoding of a request's body to JSON text, within PostHog's limits."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from urllib.parse import parse_qs

from otel.inspector.ingest.messages import Refused, WireRequest
from otel.serving.bodies import GZIP, BodyTooLargeError, CorruptBodyError, decompress_within

__all__ = ["BODY_LIMIT", "V1_ENCODINGS", "decode_v0", "decode_v1"]

# PostHog's limit for a v0 body, on the wire and again once decompressed (`wire.md` section 1.3).
BODY_LIMIT = 20 * 1024 * 1024

# PostHog reads br and zstd too; Python's standard library reads neither before 3.14.
V1_ENCODINGS = ("gzip", "deflate")

_ZLIB_MAGIC = 0x78
_GZIP_MAGIC = b"\x1f\x8b"
_BASE64 = ("base64", "b64")
_LZ64 = ("lz64", "lz-string")


def decode_v0(request: WireRequest) -> tuple[bytes, str]:
    """Return a v0 request's JSON text and the name of its encoding.

    Like PostHog, the function ignores the content type: posthog-js posts gzip as `text/plain`.

    Args:
        request: the request as received.

    Raises:
        Refused: if the body cannot be decoded or is too large (`wire.md` sections 1.2 to 1.4).
    """
    hint = request.query.get("compression", "").lower()
    body = request.body
    form = False
    if request.method == "GET":
        body, form = request.query.get("data", "").encode(), True
    elif body.startswith((b"data=", b"compression=")):
        fields = _form(body)
        body, form = fields.get("data", "").encode(), True
        hint = hint or fields.get("compression", "").lower()
    if not body:
        raise Refused(400, "request missing data payload")
    declared_gzip = "gzip" in hint or "gzip" in request.headers.get("content-encoding", "").lower()
    if body.startswith(_GZIP_MAGIC) or (declared_gzip and not form):
        return _gunzip(body), "gzip"
    if hint in _LZ64:
        raise Refused(400, "failed to decode request: the inspector does not read lz64; PostHog does")
    if hint in _BASE64 or (form and body[:1] not in b"{["):
        decoded = _unbase64(body)
        return (_gunzip(decoded) if decoded.startswith(_GZIP_MAGIC) else decoded), "base64"
    return body, "form" if form else "none"


def decode_v1(request: WireRequest) -> tuple[bytes, str]:
    """Return a capture v1 request's JSON text and the name of its encoding.

    Args:
        request: a request whose headers are validated.

    Raises:
        Refused: if the body is empty, cannot be decoded or is too large (`wire.md` section 1.8).
    """
    if not request.body:
        raise Refused(400, "request body is empty", code="empty_body", rule="V1-7")
    encoding = request.headers.get("content-encoding", "none").lower()
    try:
        if encoding == "gzip":
            return _gunzip(request.body), encoding
        if encoding == "deflate":
            # The first byte tells zlib's format from raw deflate (rust/capture/src/v1/util.rs @090edeb).
            window = zlib.MAX_WBITS if request.body[0] == _ZLIB_MAGIC else -zlib.MAX_WBITS
            return _inflate(request.body, window), encoding
    except Refused as refused:
        code = "payload_too_large" if refused.status == 413 else "request_decoding_error"
        raise Refused(refused.status, refused.reason, code=code, rule=refused.rule) from refused
    return request.body, "none"


def _form(body: bytes) -> Mapping[str, str]:
    try:
        # More fields than any client sends, so that a flood of fields is refused rather than parsed.
        fields = parse_qs(body.decode(), max_num_fields=16, keep_blank_values=True)
    except ValueError as error:
        raise Refused(400, f"failed to decode request: {error}") from error
    return {name: values[-1] for name, values in fields.items()}


def _unbase64(text: bytes) -> bytes:
    # A form turns base64's `+` into a space, and browsers omit the padding.
    text = text.replace(b" ", b"+").rstrip(b"=")
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise Refused(400, f"failed to decode request: invalid base64 data: {error}") from error


def _gunzip(body: bytes) -> bytes:
    return _inflate(body, GZIP)


def _inflate(body: bytes, window: int) -> bytes:
    try:
        return decompress_within(body, BODY_LIMIT, window, allows_rest=True)
    except CorruptBodyError as error:
        raise Refused(400, "failed to decode request: invalid GZIP data") from error
    except BodyTooLargeError as error:
        reason = f"maximum event size exceeded: more than {BODY_LIMIT} bytes once decompressed"
        raise Refused(413, reason, rule="V0-7") from error
