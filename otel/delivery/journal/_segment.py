"""One file of the journal: lines that a single process writes, and delivers or leaves to another."""

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

# When it was begun, in nanoseconds since 1970, by which process, and what tells apart equal ones in different
# containers.
_NAME = re.compile(r"\d{20}-\d+-[0-9a-f]{8}\.journal")
# Stands in place of a line's first character once nobody needs the line any more.
_SETTLED = b" "


@dataclass(slots=True, eq=False)
class JournalPosition:
    """Be one span's place in the journal.

    Args:
        segment: the file.
        offset: where it begins, in bytes.
        is_error: whether it holds an error.
    """

    segment: Segment
    offset: int
    is_error: bool


class Segment:
    """Hold one file, locked: as long as the process lives, nobody else delivers what is in it.

    The lock is `flock`'s, which the kernel lets go of with the process, however that ends. Nothing is synced:
    what is written survives the process, not the machine.

    Args:
        path: the file's.
        descriptor: open and locked.
        is_adopted: whether another process wrote it.
    """

    def __init__(self, path: Path, descriptor: int, *, is_adopted: bool) -> None:
        self.path = path
        self.is_adopted = is_adopted
        self._descriptor = descriptor
        self.size = 0
        # Where the lines begin whose fate is open, and of those that a later attempt has to deliver.
        self.outstanding: set[int] = set()
        self.waiting: set[int] = set()

    @classmethod
    def create(cls, folder: Path, now: int) -> Segment:
        """Begin a file, readable to nobody else: the events are a customer's.

        Args:
            folder: where.
            now: nanoseconds since 1970.

        Raises:
            OSError: if that is not possible.
        """
        while True:
            path = folder / f"{now:020}-{os.getpid()}-{secrets.token_hex(4)}.journal"
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                if _lock(descriptor):
                    return cls(path, descriptor, is_adopted=False)
            except OSError:  # a file system that knows no locks
                path.unlink(missing_ok=True)
                os.close(descriptor)
                raise
            os.close(descriptor)  # another process looked at it just now, and deletes it, since it is empty

    @classmethod
    def adopt(cls, path: Path) -> Segment | None:
        """Take over a file whose process is gone; None if it is not.

        Args:
            path: the file's.

        Raises:
            OSError: if it may not be read and written.
        """
        descriptor = os.open(path, os.O_RDWR)
        if _lock(descriptor):
            return cls(path, descriptor, is_adopted=True)
        os.close(descriptor)
        return None

    def append(self, data: bytes, *, is_error: bool) -> JournalPosition:
        """Write a line.

        Args:
            data: with its line feed.
            is_error: whether it holds an error.

        Raises:
            OSError: if it could not be written whole; then nothing of it stays.
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
        """Read where each line begins, and the line; not one that the end of its process cut short."""
        offset = 0
        for line in BytesIO(os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0)):
            if line.endswith(b"\n") and not line.startswith(_SETTLED):
                yield offset, line
            offset += len(line)

    def settle(self, offset: int) -> None:
        """Note in the file that a line needs no delivery any more.

        Args:
            offset: where it begins.
        """
        os.pwrite(self._descriptor, _SETTLED, offset)

    def empty(self) -> None:
        """Forget all lines, for new ones."""
        os.ftruncate(self._descriptor, 0)
        self.size = 0

    def finish(self) -> None:
        """Let go of the file: delete it if no line waits, else leave those that do to whoever adopts it."""
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
            self.leave()

    def leave(self) -> None:
        """Close the descriptor and nothing else: in a forked child the file and its lock are the parent's."""
        os.close(self._descriptor)


def segment_paths(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the journal's files in a folder, oldest first, and the files there that are not the journal's.

    Args:
        folder: one that is not there holds nothing.

    Raises:
        OSError: if it may not be read.
    """
    try:
        paths = sorted(folder.iterdir())
    except FileNotFoundError:
        return [], []
    return [path for path in paths if _is_segment(path)], [path for path in paths if not _is_segment(path)]


def _is_segment(path: Path) -> bool:
    return _NAME.fullmatch(path.name) is not None


def _lock(descriptor: int) -> bool:
    """Lock a file that still has a name; whoever deletes one holds its lock until it has."""
    if fcntl is None:
        msg = "this system has no flock"
        raise OSError(msg)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return os.fstat(descriptor).st_nlink > 0
