"""Uploads of request bodies: how many there may be, how slow each, and how large all together."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

__all__ = ["UploadError", "Uploads"]

# Half of the file descriptors that most systems give a process. A slow upload takes little else.
_MAX_UPLOADS = 512
# Bytes: as much as eight requests of the largest size.
_MAX_BUFFERED = 256 * 1024 * 1024

# Seconds to upload a batch, within one network, and what each further second has to bring, in bytes.
_FIRST_SECONDS = 10.0
_BYTES_PER_SECOND = 64 * 1024
# The Collector's exporter gives up by then.
_MAX_SECONDS = 30.0


class UploadError(Exception):
    """Raised for an upload that is not accepted now.

    Args:
        status: the HTTP status, after which the sender tries again.
        reason: what is wrong, for the sender's log.
        outcome: the label in metrics.
    """

    def __init__(self, status: int, reason: str, outcome: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.outcome = outcome


class Uploads:
    """The uploads of a bridge. Confined to one event loop."""

    def __init__(self) -> None:
        self._running = 0
        self._buffered = 0

    async def read(self, request: Request, limit: int) -> tuple[bytes, int]:
        """Return the beginning of a body, and the size of the whole body.

        The whole body is read: closing early shows the sender a broken connection instead of the response.

        Args:
            request: not read yet.
            limit: how many bytes are kept; a chunk that exceeds it is dropped, and so are all after it.

        Raises:
            UploadError: if the upload is too slow, or there are too many.
            ClientDisconnect: if the sender disconnects.
        """
        if self._running >= _MAX_UPLOADS:
            raise UploadError(429, "too many concurrent uploads", "throttled")
        self._running += 1
        chunks: list[bytes] = []
        try:
            return await self._read(request, limit, chunks)
        except TimeoutError as error:
            raise UploadError(503, "the body was sent too slowly", "slow") from error
        finally:
            self._running -= 1
            self._buffered -= sum(map(len, chunks))

    async def _read(self, request: Request, limit: int, chunks: list[bytes]) -> tuple[bytes, int]:
        size = 0
        began = asyncio.get_running_loop().time()
        async with asyncio.timeout_at(began + _FIRST_SECONDS) as timeout:
            async for chunk in request.stream():
                size += len(chunk)
                timeout.reschedule(began + min(_FIRST_SECONDS + size / _BYTES_PER_SECOND, _MAX_SECONDS))
                if size <= limit:
                    if self._buffered + len(chunk) > _MAX_BUFFERED:
                        raise UploadError(429, "too many large uploads at once", "throttled")
                    self._buffered += len(chunk)
                    chunks.append(chunk)
        return b"".join(chunks), size
