"""The journal: selected spans are on disk before the response leaves, until they are delivered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from otel._fork import call_in_child
from otel._guard import suppress_internal_errors
from otel.delivery.journal._codec import line_of, line_of_event, span_of
from otel.delivery.journal._segment import JournalPosition, Segment, segment_paths
from otel.mapping.origin import Origins
from otel.outcomes.self_log import ThrottledLogger
from otel.selecting import RecordedEvent, Selected, SelectedSpan

__all__ = ["Journal", "NullJournal", "position_of"]

# About 200,000 events of 600 B: two days of an outage at one event per second, and little compared with a
# container's disk. Each process may exceed it by the segment that it has started.
_MAX_BYTES = 128 * 1024 * 1024
# A process that is killed leaves at most one segment of lines that were already delivered, which are sent
# once more for nothing. A segment is also small enough to be read into memory when it is adopted.
_SEGMENTS = 128
# An error with its traceback is ten times as large as an event, and an error in a loop makes thousands: half
# of the space is reserved for events.
_ROOM_FOR_ERRORS = 0.5
# After a failure the journal does not touch the disk for a second: listing the folder costs the product's
# thread.
_PAUSE = 1.0


class NullJournal:
    """The journal of a program that does not configure one."""

    is_on = False
    failed_deliveries = 0

    def append(self, item: Selected) -> None:
        """Store nothing."""

    def rewrite(self, event: RecordedEvent) -> None:
        """Store nothing."""

    def defer(self, item: Selected) -> bool:
        """Return False: the item is not stored."""
        del item
        return False

    def settle(self, settled: Iterable[JournalPosition], waiting: Iterable[JournalPosition]) -> None:
        """Ignore positions; there are none."""

    def adopt(self) -> Iterator[list[SelectedSpan]]:
        """Return nothing."""
        return iter(())

    def close(self) -> None:
        """Do nothing."""


class Journal:
    """A folder of selected spans that the product's processes share. Thread-safe; never raises.

    Each process appends to its own segment, which is started when it is first needed, also after a fork. A
    segment whose lines are all delivered is truncated or deleted. A segment with lines that could not be
    delivered is released, and the first process that finds it adopts it, as it does if the segment's process
    is gone. Delivering a line twice is harmless, because an event's uuid is a function of the event.

    Args:
        folder: created when first needed.
        origins: the programs that the spans come from.
        max_bytes: the size of all segments together; when it is reached, spans are delivered without the
            journal.
        clock: returns monotonic seconds.
        wall: returns nanoseconds since 1970.
    """

    is_on = True

    def __init__(
        self,
        folder: Path,
        origins: Origins | None = None,
        *,
        max_bytes: int = _MAX_BYTES,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], int] = time.time_ns,
    ) -> None:
        self._folder = folder.absolute()
        self._origins = origins or Origins()
        self._max_bytes = max_bytes
        self._segment_bytes = max_bytes // _SEGMENTS
        self._clock = clock
        self._wall = wall
        self._log = ThrottledLogger(clock)
        self._lock = threading.Lock()
        self._held: set[Segment] = set()
        self._current: Segment | None = None
        self._takes_errors = True
        self._closed_until = float("-inf")
        self._foreign: set[str] = set()
        # The number of lines that a failed delivery has left waiting.
        self.failed_deliveries = 0
        call_in_child(self._after_fork)

    def append(self, item: Selected) -> None:
        """Write an event or a span to disk; log a warning if it cannot be written.

        Args:
            item: its `position` is set to its place in the journal.
        """
        try:
            if isinstance(item, RecordedEvent):
                data = line_of_event(item, self._origins.of(item.resource).attributes)
                is_error = False
            else:
                data = line_of(item, self._origins.of(item.resource.attributes).attributes)
                is_error = bool(item.errors)
            with self._lock:
                item.position = self._append(data, is_error=is_error)
        except Exception as error:  # noqa: BLE001 - a full disk, or a value whose own code raises
            self._closed_until = self._clock() + _PAUSE
            problem = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._log.warning("write", "the journal %s cannot be written: %s", self._folder, problem)

    def rewrite(self, event: RecordedEvent) -> None:
        """Write an event again whose identity has become known, and settle its earlier line.

        Args:
            event: appended before.
        """
        earlier = position_of(event)
        self.append(event)
        if earlier is not None and position_of(event) is not earlier:
            self.settle((earlier,), ())

    def defer(self, item: Selected) -> bool:
        """Defer an item; return False if the journal does not hold it.

        Args:
            item: will not be delivered now.
        """
        position = position_of(item)
        if position is None:
            return False
        self.settle((), (position,))
        return True

    def settle(self, settled: Iterable[JournalPosition], waiting: Iterable[JournalPosition]) -> None:
        """Release lines after a delivery.

        Args:
            settled: lines that need no further delivery.
            waiting: lines that a later delivery must retry.
        """
        finished = []
        with suppress_internal_errors("settling lines of the journal"):
            with self._lock:
                for segment in self._settle(settled) | self._wait(waiting):
                    if segment.outstanding:
                        continue
                    if segment is self._current and not segment.waiting:
                        segment.truncate()
                    else:
                        self._drop(segment)
                        finished.append(segment)
            self._finish(finished)

    def adopt(self) -> Iterator[list[SelectedSpan]]:
        """Adopt the segments that no process holds, one after the other, and yield the spans of each."""
        try:
            paths, others = segment_paths(self._folder)
        except OSError as error:
            self._log.warning("read", "the journal %s cannot be read: %s", self._folder, error.strerror)
            return
        for path in others:
            self._leave_alone(path, "is not a file of the journal")
        for path in paths:
            if path.name not in self._foreign:
                yield self._adopt(path)

    def close(self) -> None:
        """Release all segments; what is not known to be delivered waits for the next process."""
        with self._lock:
            held = list(self._held)
            for segment in held:
                segment.waiting |= segment.outstanding
                self._drop(segment)
        self._finish(held)

    def _append(self, data: bytes, *, is_error: bool) -> JournalPosition | None:
        segment = self._current
        if segment is not None and segment.size >= self._segment_bytes:
            segment = self._current = None
        if segment is None:
            segment = self._begin()
        if segment is None or (is_error and not self._takes_errors):
            return None
        return segment.append(data, is_error=is_error)

    def _begin(self) -> Segment | None:
        if self._clock() < self._closed_until:
            return None
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        room = self._max_bytes - sum(map(_size, segment_paths(self._folder)[0]))
        if room < self._segment_bytes:
            self._closed_until = self._clock() + _PAUSE
            self._log.warning("room", "the journal %s is full: new events are not stored", self._folder)
            return None
        self._takes_errors = room >= self._max_bytes * _ROOM_FOR_ERRORS
        self._current = Segment.create(self._folder, self._wall())
        self._held.add(self._current)
        return self._current

    def _settle(self, lines: Iterable[JournalPosition]) -> set[Segment]:
        touched = set()
        for line in lines:
            segment = line.segment
            if segment in self._held:
                touched.add(segment)
                segment.outstanding.discard(line.offset)
                if line.is_error:
                    # An event that is delivered again is the same event; an error would be counted again.
                    segment.settle(line.offset)
        return touched

    def _wait(self, lines: Iterable[JournalPosition]) -> set[Segment]:
        touched = set()
        for line in lines:
            self.failed_deliveries += 1
            if line.segment in self._held:
                touched.add(line.segment)
                line.segment.outstanding.discard(line.offset)
                line.segment.waiting.add(line.offset)
        return touched

    def _drop(self, segment: Segment) -> None:
        self._held.discard(segment)
        if segment is self._current:
            self._current = None

    def _finish(self, segments: Iterable[Segment]) -> None:
        for segment in segments:
            try:
                segment.release()
            except OSError as error:  # the process that adopts the file releases it again
                self._log.warning("release", "%s cannot be released: %s", segment.path, error.strerror)

    def _adopt(self, path: Path) -> list[SelectedSpan]:
        try:
            segment = Segment.adopt(path)
        except FileNotFoundError:
            return []
        except OSError as error:
            self._leave_alone(path, error.strerror or "cannot be read")
            return []
        if segment is None:
            return []
        spans = []
        for offset, data in segment.lines():
            try:
                span = span_of(data)
            except Exception:  # noqa: BLE001 - a line of another version must not block the others
                segment.waiting.add(offset)
                self._leave_alone(path, "has lines that this version cannot read")
                continue
            span.position = JournalPosition(segment, offset, is_error=bool(span.errors))
            segment.outstanding.add(offset)
            spans.append(span)
        if spans:
            with self._lock:
                self._held.add(segment)
        else:
            self._finish([segment])
        return spans

    def _leave_alone(self, path: Path, problem: str) -> None:
        if path.name not in self._foreign:
            self._foreign.add(path.name)
            self._log.once_per_process(path.name, "%s %s: it is left as it is", path, problem)

    def _after_fork(self) -> None:
        """Start new segments in a forked child; those that were held at the fork belong to the parent."""
        held, self._held = self._held, set()
        for segment in held:
            segment.close()
        self._current = None
        self._lock = threading.Lock()


def position_of(item: object) -> JournalPosition | None:
    """Return the place of an event or span in the journal; None if it does not have one.

    Args:
        item: `Selected`, or a span of OpenTelemetry's.
    """
    position = getattr(item, "position", None)
    return position if isinstance(position, JournalPosition) else None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
