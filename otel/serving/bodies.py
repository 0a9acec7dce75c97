"""Request bodies: read to their end, and decompressed within a limit."""

from __future__ import annotations

import zlib

from starlette.requests import Request

__all__ = ["GZIP", "BodyTooLargeError", "CorruptBodyError", "decompress_within", "read_body"]

# zlib's code for a gzip header and the largest window.
GZIP = 16 + zlib.MAX_WBITS


class CorruptBodyError(ValueError):
    """Raised for a body that is not compressed as its headers say."""


class BodyTooLargeError(ValueError):
    """Raised for a body that exceeds the limit once it is decompressed."""


async def read_body(request: Request, limit: int) -> tuple[bytes, int]:
    """Return the beginning of a body, and the size of the whole body.

    Always drain the body: closing early shows the sender a broken connection instead of the response.

    Args:
        request: not read yet.
        limit: how many bytes are kept; a chunk that exceeds it is dropped, and so are all after it.
    """
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
    return b"".join(chunks), size


def decompress_within(body: bytes, limit: int, window: int = GZIP, *, allows_rest: bool = False) -> bytes:
    """Return a decompressed body.

    Args:
        body: compressed.
        limit: bytes; decompression stops there.
        window: zlib's code of the format, `GZIP` by default.
        allows_rest: whether bytes may follow the compressed data.

    Raises:
        CorruptBodyError: if the body is not in the format, is cut short, or is followed by other bytes.
        BodyTooLargeError: if the result is larger than the limit.
    """
    decompressor = zlib.decompressobj(window)
    try:
        raw = decompressor.decompress(body, limit + 1)
    except zlib.error as error:
        raise CorruptBodyError(str(error)) from error
    if len(raw) > limit:
        raise BodyTooLargeError(limit)
    if not decompressor.eof or (decompressor.unused_data and not allows_rest):
        msg = "the compressed data is cut short, or other data follows it"
        raise CorruptBodyError(msg)
    return raw
