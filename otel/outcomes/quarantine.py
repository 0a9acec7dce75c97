"""The quarantine: rejected events on disk, complete, until they are replayed or the space is needed."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from io import FileIO
from pathlib import Path

from otel.envelope import Capture, Envelope, Rejection
from otel.outcomes import lossless_json
from otel.outcomes.self_log import ThrottledLogger
from otel.reasons import Reason

__all__ = ["NullQuarantine", "Quarantine", "QuarantineEntry", "open_quarantine"]

# About 30,000 events of 2 kB: days of one faulty call site, and little beside a container's disk.
_MAX_BYTES = 64 * 1024 * 1024
# The oldest file is dropped for room, so one file must be a small part of the whole.
_FILES = 16
# After ten minutes a process starts a new file, so that a file's name says whether it may still be written
# to. A process that pauses for that long between naming a file and writing to it is not provided for.
_PERIOD = 600 * 10**9  # nanoseconds, as in the names
# Distinguishes processes that have the same id in different containers.
_PROGRAM = secrets.token_hex(4)
_KINDS: dict[str, type[Capture | Envelope]] = {"capture": Capture, "envelope": Envelope}


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    """One rejected event, as it was when it was rejected.

    Args:
        item: a rejected envelope, or a capture that PostHog refused.
        rejection: why.
        time: when it was rejected, in seconds since 1970.
    """

    item: Envelope | Capture
    rejection: Rejection
    time: float
    _file: Path = field(repr=False)
    _offset: int = field(repr=False)
    _line: bytes = field(repr=False)


class NullQuarantine:
    """The quarantine of a program that does not configure one."""

    def add(self, rejected: Iterable[tuple[Envelope | Capture, Rejection]]) -> None:
        """Drop the events."""


class Quarantine:
    """A folder of rejected events that many processes may share. Thread-safe.

    Each thread of each process appends to its own file, so lines cannot interleave and no lock is needed. A
    line that a `kill -9` or a full disk cut short is skipped by readers and terminated by the next writer.
    Removed lines are overwritten with spaces in place, because a writer may be appending to the file.

    Args:
        folder: created when first needed.
        max_bytes: the size of all files together; the oldest are dropped for new ones.
        wall: returns seconds since 1970.
    """

    def __init__(
        self, folder: Path, *, max_bytes: int = _MAX_BYTES, wall: Callable[[], float] = time.time
    ) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._wall = wall
        self._log = ThrottledLogger(time.monotonic)

    def add(self, rejected: Iterable[tuple[Envelope | Capture, Rejection]]) -> None:
        """Append rejected events, many in one write; log a warning if they cannot be written. Never raises.

        Args:
            rejected: each event, and why it was rejected.
        """
        now = self._wall()
        lines: list[bytes] = []
        size = 0
        for item, rejection in rejected:
            line = self._line(item, rejection, now)
            size += len(line)
            if lines and size > self._max_bytes // _FILES:
                self._append(b"".join(lines))
                lines, size = [], len(line)
            lines.append(line)
        self._append(b"".join(lines))

    def _line(self, item: Envelope | Capture, rejection: Rejection, now: float) -> bytes:
        """Return an event as a line; an empty one, with a warning, if it cannot be quarantined."""
        try:
            line = _line(item, rejection, now)
        except Exception as error:  # noqa: BLE001 - a value whose own code raises
            self._warn(error)
            return b""
        if len(line) > self._max_bytes // _FILES:
            self._log.warning(
                "size", "a rejected event of %d bytes is too large for the quarantine", len(line)
            )
            return b""
        return line

    def entries(self) -> Iterator[QuarantineEntry]:
        """Return the quarantined events, oldest file first; a missing folder holds none.

        Raises:
            OSError: if the folder or a file cannot be read.
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
        """Remove entries, for example those that were replayed, and delete files that are empty then.

        Args:
            entries: from `entries`; those that are gone already are ignored.

        Raises:
            OSError: if a file cannot be written.
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

    def _append(self, lines: bytes) -> None:
        if lines:
            try:
                self._write(lines)
            except Exception as error:  # noqa: BLE001 - a full disk, or a folder that was replaced
                self._warn(error)

    def _warn(self, error: Exception) -> None:
        problem = error.strerror if isinstance(error, OSError) else type(error).__name__
        self._log.warning("write", "rejected events cannot be quarantined: %s", problem)

    def _write(self, lines: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        files = self._files()
        path = self._current_file(files, len(lines))
        self._make_room(files, len(lines), path)
        with _open_private(path) as file:
            size = file.seek(0, os.SEEK_END)
            if size:
                file.seek(size - 1)
                if file.read(1) != b"\n":
                    lines = b"\n" + lines
            while lines:
                lines = lines[file.write(lines) :]

    def _current_file(self, files: list[Path], needed: int) -> Path:
        """Return the calling thread's newest file, or a new one if that one is old or full."""
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


def open_quarantine(folder: Path | None) -> Quarantine | NullQuarantine:
    """Return the quarantine in a folder, or one that stores nothing.

    Args:
        folder: `Settings.quarantine`; None switches it off.
    """
    return NullQuarantine() if folder is None else Quarantine(folder)


def _open_private(path: Path) -> FileIO:
    """Open a file for appending that only its owner may read: events are customer data."""
    return FileIO(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _made(path: Path) -> int:
    """Return when a file was started, in nanoseconds since 1970."""
    return int(path.name[:20])


def _is_blank(path: Path) -> bool:
    try:
        return not path.read_bytes().strip()
    except FileNotFoundError:
        return False


def _blank(path: Path, entries: Iterable[QuarantineEntry]) -> None:
    """Overwrite entries with spaces, except those that have changed since they were read."""
    with path.open("r+b", buffering=0) as file:
        for entry in entries:
            file.seek(entry._offset)  # noqa: SLF001 - of this module
            line = entry._line  # noqa: SLF001 - of this module
            if file.read(len(line)) == line:
                file.seek(entry._offset)  # noqa: SLF001 - of this module
                file.write(b" " * len(line.rstrip(b"\n")))


def _line(item: Envelope | Capture, rejection: Rejection, now: float) -> bytes:
    kind = "capture" if isinstance(item, Capture) else "envelope"
    content = {one.name: getattr(item, one.name) for one in fields(item)}
    record = {"reason": rejection.reason.value, "detail": rejection.detail, "time": now, kind: content}
    return lossless_json.dumps(record) + b"\n"


def _entry(path: Path, offset: int, line: bytes) -> QuarantineEntry | None:
    """Parse a line; return None if it was removed, cut short, or written by another version."""
    if not line.strip():
        return None
    try:
        record = lossless_json.loads(line)
        kind = next(kind for kind in _KINDS if kind in record)
        item = _KINDS[kind](**record[kind])
        rejection = Rejection(Reason(record["reason"]), record["detail"])
        return QuarantineEntry(item, rejection, record["time"], path, offset, line)
    except (ValueError, TypeError, KeyError, StopIteration):
        return None
