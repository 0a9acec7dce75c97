"""Keeping rejected events on disk, whole, until they are replayed or the room is needed."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

from otel.envelope import Capture, Envelope, Rejection
from otel.outcomes import lossless_json
from otel.outcomes.self_log import ThrottledLogger
from otel.reasons import Reason

__all__ = ["Quarantine", "QuarantineEntry"]

# About 30,000 events of 2 kB: days of one faulty call site, and little beside a container's disk.
_MAX_BYTES = 64 * 1024 * 1024
# The oldest file is dropped for room, so one file must be a small part of the whole.
_FILES = 16
# After ten minutes a process goes on to a new file, so that it is known by a file's name whether it is still
# written to. A process that stands still for as long between naming a file and writing to it is not foreseen.
_PERIOD = 600 * 10**9  # nanoseconds, as in the names
# Tells apart processes that have the same number in different containers.
_PROGRAM = secrets.token_hex(4)
_KINDS: dict[str, type[Capture | Envelope]] = {"capture": Capture, "envelope": Envelope}


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    """Hold one rejected event as it was when it was rejected.

    Args:
        item: a rejected envelope, or a capture that PostHog refused.
        reject: why.
        time: when it was rejected, in seconds since 1970.
    """

    item: Envelope | Capture
    reject: Rejection
    time: float
    _file: Path = field(repr=False)
    _offset: int = field(repr=False)
    _line: bytes = field(repr=False)


class Quarantine:
    """Keep rejected events in a folder that many processes may share; never raises into the pipeline.

    Each thread of each process appends to a file of its own, so that no lines mix and no locks are needed,
    and a line that a `kill -9` or a full disk cut short is skipped by the reader and ended by the next
    writer. What is removed is overwritten with spaces in place: a writer may append meanwhile.

    Args:
        folder: made when first needed.
        max_bytes: what all files together may take; the oldest are dropped for new ones.
        wall: seconds since 1970.
    """

    def __init__(
        self, folder: Path, *, max_bytes: int = _MAX_BYTES, wall: Callable[[], float] = time.time
    ) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._wall = wall
        self._log = ThrottledLogger(time.monotonic)

    def keep(self, item: Envelope | Capture, reject: Rejection) -> None:
        """Append a rejected event whose reason can be mended; if it cannot be written, say so in the log.

        Args:
            item: the event.
            reject: why it was rejected.
        """
        if not reject.reason.is_quarantined:
            return
        try:
            self._append(_line(item, reject, self._wall()))
        except Exception as error:  # noqa: BLE001 - a full disk, or a value whose own code raises
            problem = error.strerror if isinstance(error, OSError) else type(error).__name__
            self._log.warning("write", "rejected events cannot be kept: %s", problem)

    def entries(self) -> Iterator[QuarantineEntry]:
        """Read what is kept, oldest file first; a folder that is not there holds nothing.

        Raises:
            OSError: if the folder or a file may not be read.
        """
        for path in self._files():
            with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
                offset = 0
                for line in file:
                    entry = _entry(path, offset, line)
                    offset += len(line)
                    if entry is not None:
                        yield entry

    def remove(self, entries: Iterable[QuarantineEntry]) -> None:
        """Forget entries, such as those that were replayed, and delete files that hold no others.

        Args:
            entries: as `entries` gave them; those that are gone already are no error.

        Raises:
            OSError: if a file may not be written.
        """
        by_file: dict[Path, list[QuarantineEntry]] = {}
        for entry in entries:
            by_file.setdefault(entry._file, []).append(entry)  # noqa: SLF001 - of this module
        for path, removed in by_file.items():
            with contextlib.suppress(FileNotFoundError):
                _blank(path, removed)
        for path in self._files():
            if _made(path) + 2 * _PERIOD < self._wall() * 1e9 and _is_blank(path):
                path.unlink(missing_ok=True)

    def _append(self, line: bytes) -> None:
        if len(line) > self._max_bytes // _FILES:
            self._log.warning("size", "a rejected event of %d bytes is too large to be kept", len(line))
            return
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        files = self._files()
        path = self._current_file(files, len(line))
        self._make_room(files, len(line), path)
        with _open_private(path) as file:
            size = file.seek(0, os.SEEK_END)
            if size:
                file.seek(size - 1)
                if file.read(1) != b"\n":
                    line = b"\n" + line
            while line:
                line = line[file.write(line) :]

    def _current_file(self, files: list[Path], needed: int) -> Path:
        """Return the calling thread's newest file, or a new one if that is old or full."""
        suffix = f"-{_PROGRAM}-{os.getpid()}-{threading.get_native_id()}.jsonl"
        newest = next((path for path in reversed(files) if path.name.endswith(suffix)), None)
        now = int(self._wall() * 1e9)
        if newest is not None:
            if now < _made(newest) + _PERIOD and _size(newest) + needed <= self._max_bytes // _FILES:
                return newest
            now = max(now, _made(newest) + 1)  # also if the clock was set back
        return self._folder / f"{now:020}{suffix}"

    def _make_room(self, files: list[Path], needed: int, current: Path) -> None:
        total = sum(_size(path) for path in files) + needed
        for path in files:
            if total <= self._max_bytes:
                return
            if path != current:
                total -= _size(path)
                path.unlink(missing_ok=True)
                self._log.warning("room", "the quarantine is full: its oldest events are dropped")

    def _files(self) -> list[Path]:
        return sorted(path for path in self._folder.glob("*.jsonl") if path.name[:20].isdecimal())


def _open_private(path: Path) -> FileIO:
    """Open for appending, readable to nobody else: the events are a customer's."""
    return FileIO(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _made(path: Path) -> int:
    """Return when a file was begun, in nanoseconds since 1970."""
    return int(path.name[:20])


def _is_blank(path: Path) -> bool:
    try:
        return not path.read_bytes().strip()
    except FileNotFoundError:
        return False


def _blank(path: Path, entries: Iterable[QuarantineEntry]) -> None:
    """Overwrite entries with spaces; what is no longer where it was read is left alone."""
    with path.open("r+b", buffering=0) as file:
        for entry in entries:
            file.seek(entry._offset)  # noqa: SLF001 - of this module
            line = entry._line  # noqa: SLF001 - of this module
            if file.read(len(line)) == line:
                file.seek(entry._offset)  # noqa: SLF001 - of this module
                file.write(b" " * len(line.rstrip(b"\n")))


def _line(item: Envelope | Capture, reject: Rejection, now: float) -> bytes:
    kind = "capture" if isinstance(item, Capture) else "envelope"
    fields = {name: getattr(item, name) for name in item.__slots__}
    record = {"reason": reject.reason.value, "detail": reject.detail, "time": now, kind: fields}
    return lossless_json.dumps(record) + b"\n"


def _entry(path: Path, offset: int, line: bytes) -> QuarantineEntry | None:
    """Read a line; None for one that was removed, cut short, or written by another version."""
    if not line.strip():
        return None
    try:
        record = lossless_json.loads(line)
        kind = next(kind for kind in _KINDS if kind in record)
        item = _KINDS[kind](**record[kind])
        reject = Rejection(Reason(record["reason"]), record["detail"])
        return QuarantineEntry(item, reject, record["time"], path, offset, line)
    except (ValueError, TypeError, KeyError, StopIteration):
        return None
