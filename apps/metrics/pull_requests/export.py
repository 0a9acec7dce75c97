"""The list as a file, streamed in chunks, so that its length does not affect memory use."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import QuerySet

from apps.metrics.models import PullRequest
from apps.metrics.pull_requests.csv_lines import BOM, FIELDS, HEADINGS, line

__all__ = ["stream", "stream_async"]

# Some tens of kilobytes: a write for each line would take longer than creating the line.
_ROWS_PER_CHUNK = 200

Done = Callable[[int], None]


def stream(pull_requests: QuerySet[PullRequest], done: Done) -> Generator[str, None, None]:
    """Return the file in chunks.

    Args:
        pull_requests: the pull requests, in the order of the file.
        done: a callback that receives the number of pull requests after the last chunk was consumed; it is
            not called if the client disconnects before.
    """
    chunk, sent = _Chunk(), 0
    for row in _rows(pull_requests).iterator(_ROWS_PER_CHUNK):
        sent += 1
        if chunk.add(row):
            yield chunk.taken()
    yield chunk.taken()
    done(sent)


async def stream_async(pull_requests: QuerySet[PullRequest], done: Done) -> AsyncIterator[str]:
    """Return the file in chunks for ASGI, where Django would first read a synchronous iterator completely.

    Args:
        pull_requests: the pull requests, in the order of the file.
        done: a callback, as in `stream`.
    """
    chunks = stream(pull_requests, done)

    def following() -> str | None:
        return next(chunks, None)

    try:
        while (chunk := await sync_to_async(following)()) is not None:
            yield chunk
    finally:
        await sync_to_async(chunks.close)()


def _rows(pull_requests: QuerySet[PullRequest]) -> QuerySet[PullRequest, tuple[Any, ...]]:
    return pull_requests.values_list(*FIELDS)


class _Chunk:
    """A buffer of lines that are sent together; the first chunk begins with the headings."""

    def __init__(self) -> None:
        self._lines = [BOM + line(HEADINGS)]

    def add(self, row: tuple[Any, ...]) -> bool:
        """Add a line; return True if the chunk is full.

        Args:
            row: the values of the line.
        """
        self._lines.append(line(row))
        return len(self._lines) >= _ROWS_PER_CHUNK

    def taken(self) -> str:
        """Return the lines, and empty the buffer."""
        lines, self._lines = self._lines, []
        return "".join(lines)
