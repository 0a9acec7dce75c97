"""One file of the journal, which a single process writes, and delivers or leaves to another one."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has no such lock, and so no journal
    fcntl = None  # type: ignore[assignment]  # of a module

__all__ = ["JournalPosition", "Segment", "segment_paths"]

# The start time in nanoseconds since 1970, the process id, and a random part for equal process ids in
# different containers.
_NAME = re.compile(r"\d{20}-\d+-[0-9a-f]{8}\.journal")
# Replaces a line's first character once the line is settled.
_SETTLED = b" "


@dataclass(slots=True, eq=False)
class JournalPosition:
    """The place of one span in the journal.

    Args:
        segment: the file.
        offset: where the line starts, in bytes.
        is_error: whether the span carries an error.
    """

    segment: Segment
    offset: int
    is_error: bool


class Segment:
    """One locked file, whose lines no other process delivers. Confined to the journal's lock.

    The lock is a `flock`, which the kernel releases when the process ends, however it ends. Nothing is
    synced: what is written survives the process, but not the machine.

    Args:
        path: the file's.
        descriptor: open and locked.
        is_adopted: whether another process wrote the file.
    """

    def __init__(self, path: Path, descriptor: int, *, is_adopted: bool) -> None:
        self.path = path
        self.is_adopted = is_adopted
        self._descriptor = descriptor
        self.size = 0
        # The offsets of lines that are being delivered, and of lines that a later delivery must retry.
        self.outstanding: set[int] = set()
        self.waiting: set[int] = set()

    @classmethod
    def create(cls, folder: Path, now: int) -> Segment:
        """Start a file that only its owner may read: events are customer data.

        Args:
            folder: the journal's.
            now: nanoseconds since 1970.

        Raises:
            OSError: if the file cannot be created or locked.
        """
        while True:
            path = folder / f"{now:020}-{os.getpid()}-{secrets.token_hex(4)}.journal"
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                if _lock(descriptor):
                    return cls(path, descriptor, is_adopted=False)
            except OSError:  # a file system without locks
                path.unlink(missing_ok=True)
                os.close(descriptor)
                raise
            os.close(descriptor)  # another process has just looked at it, and deletes it, because it is empty

    @classmethod
    def adopt(cls, path: Path) -> Segment | None:
        """Return a file whose process is gone, locked; None if its process is alive.

        Args:
            path: the file's.

        Raises:
            OSError: if the file cannot be read and written.
        """
        descriptor = os.open(path, os.O_RDWR)
        if _lock(descriptor):
            return cls(path, descriptor, is_adopted=True)
        os.close(descriptor)
        return None

    def append(self, data: bytes, *, is_error: bool) -> JournalPosition:
        """Append a line.

        Args:
            data: the line, with its line feed.
            is_error: whether it carries an error.

        Raises:
            OSError: if the line could not be written completely; nothing of it remains then.
        """
        offset, written = self.size, 0
        try:
            written = os.pwrite(self._descriptor, data, offset)
        finally:
            if written < len(data):
                os.ftruncate(self._descriptor, offset)
        if written < len(data):
            msg = "no room for a whole line"
            raise OSError(msg)
        self.size = offset + written
        self.outstanding.add(offset)
        return JournalPosition(self, offset, is_error)

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield the offset of each line and the line, except for lines that are settled or cut short."""
        offset = 0
        for line in BytesIO(os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0)):
            if line.endswith(b"\n") and not line.startswith(_SETTLED):
                yield offset, line
            offset += len(line)

    def settle(self, offset: int) -> None:
        """Mark in the file that a line needs no further delivery.

        Args:
            offset: where the line starts.
        """
        os.pwrite(self._descriptor, _SETTLED, offset)

    def truncate(self) -> None:
        """Remove all lines, to make room for new ones."""
        os.ftruncate(self._descriptor, 0)
        self.size = 0

    def release(self) -> None:
        """Delete the file, or leave its waiting lines to the process that adopts it."""
        try:
            if not self.waiting:
                self.path.unlink(missing_ok=True)
                return
            for offset, _ in self.lines():
                if offset not in self.waiting:
                    self.settle(offset)
        finally:
            # A child forked just now may hold the same lock through its copy of the descriptor.
            with contextlib.suppress(OSError):
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            self.close()

    def close(self) -> None:
        """Close the descriptor only: in a forked child the file and its lock belong to the parent."""
        os.close(self._descriptor)


def segment_paths(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the journal's files in a folder, oldest first, and the other files in it.

    Args:
        folder: a missing folder has no files.

    Raises:
        OSError: if the folder cannot be read.
    """
    try:
        paths = sorted(folder.iterdir())
    except FileNotFoundError:
        return [], []
    return [path for path in paths if _is_segment(path)], [path for path in paths if not _is_segment(path)]


def _is_segment(path: Path) -> bool:
    return _NAME.fullmatch(path.name) is not None


def _lock(descriptor: int) -> bool:
    """Lock a file that still has a name; a process that deletes one holds its lock until then."""
    if fcntl is None:
        msg = "this system has no flock"
        raise OSError(msg)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return os.fstat(descriptor).st_nlink > 0
