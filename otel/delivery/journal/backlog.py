"""What lies in a journal, for whoever asks beside the processes that write it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from otel.delivery.journal._codec import span_of
from otel.delivery.journal._segment import segment_paths

__all__ = ["Backlog", "backlog"]


@dataclass(frozen=True, slots=True)
class Backlog:
    """Say what lies in a journal.

    Args:
        events: business events and errors that are not known as delivered, those under way included.
        oldest: when the oldest of them happened, in nanoseconds since 1970; None if there is none.
    """

    events: int
    oldest: int | None


def backlog(folder: Path) -> Backlog:
    """Return what lies in a journal, whoever holds it.

    Args:
        folder: the journal's.

    Raises:
        OSError: if it may not be read.
    """
    times: list[int] = []
    for path in segment_paths(folder)[0]:
        for line in _read(path).splitlines():
            try:
                span = span_of(line)
            except Exception:  # noqa: BLE001, S112 - none of ours, as `Journal.adopt` says in the log
                continue
            times += [event.timestamp for event in span.events]
            times += [error.envelope.time_unix_nano for error in span.errors]
    return Backlog(len(times), min(times, default=None))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
