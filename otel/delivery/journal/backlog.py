"""The number and age of events in a journal, for reports outside the processes that write it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from otel.delivery.journal._codec import span_of
from otel.delivery.journal._segment import segment_paths

__all__ = ["Backlog", "backlog"]


@dataclass(frozen=True, slots=True)
class Backlog:
    """The content of a journal.

    Args:
        events: the number of business events and errors not known to be delivered, including those in flight.
        oldest: when the oldest of them happened, in nanoseconds since 1970; None if the journal is empty.
    """

    events: int
    oldest: int | None


def backlog(folder: Path) -> Backlog:
    """Return the content of a journal, including segments that running processes hold.

    Args:
        folder: the journal's.

    Raises:
        OSError: if the folder cannot be read.
    """
    times: list[int] = []
    for path in segment_paths(folder)[0]:
        for line in _read(path).splitlines():
            try:
                span = span_of(line)
            except Exception:  # noqa: BLE001, S112 - another version's; `Journal.adopt` logs it
                continue
            times += [event.timestamp for event in span.events]
            times += [error.envelope.time_unix_nano for error in span.errors]
    return Backlog(len(times), min(times, default=None))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
