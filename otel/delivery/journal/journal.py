"""The journal: what is for PostHog is on disk before the response leaves, until it is delivered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from otel._fork import call_in_child
from otel._guard import suppress_internal_errors
from otel.delivery.journal._codec import line_of, span_of
from otel.delivery.journal._segment import JournalPosition, Segment, segment_paths
from otel.mapping.origin import Origins
from otel.outcomes.self_log import ThrottledLogger
from otel.selecting import SelectedSpan

__all__ = ["Journal"]

# About 200,000 events of 600 B: two days of an outage at an event a second, and little beside a container's
# disk. Each process may exceed it by the segment that it has begun.
_MAX_BYTES = 128 * 1024 * 1024
# A process that is killed leaves at most a segment of lines that were delivered already, to be sent once more
# for nothing; and a segment is small enough to be held in memory when it is adopted.
_SEGMENTS = 128
# An error with its traceback is ten times an event, and a fault in a loop makes thousands: they leave half of
# the room to events.
_ROOM_FOR_ERRORS = 0.5
# After a failure the disk is left alone for a second: each look at the folder costs the product's thread.
_PAUSE = 1.0


class Journal:
    """Keep selected spans in a folder that the product's processes share; never raises into the pipeline.

    Each process appends to a segment of its own, begun when it is first needed, also after a fork. A segment
    whose lines are all delivered is emptied or deleted. One with lines that could not be delivered is let go
    of, to be adopted by whichever process comes first, as one is whose process is gone. To deliver a line
    twice is harmless: an event's uuid is a function of the event.

    Args:
        folder: made when first needed.
        origins: of the spans.
        max_bytes: what all segments together may take; what is recorded when they do goes the usual way.
        clock: seconds, monotonic.
        wall: nanoseconds since 1970.
    """

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
        # How often a delivery left something waiting.
        self.failed_deliveries = 0
        call_in_child(self._after_fork)

    def keep(self, span: SelectedSpan) -> None:
        """Write a span to disk; if it cannot be written, say so in the log.

        Args:
            span: takes its place in the journal as `line`.
        """
        try:
            data = line_of(span, self._origins.of(span.resource.attributes).attributes)
            with self._lock:
                span.line = self._append(data, is_error=bool(span.errors))
        except Exception as error:  # noqa: BLE001 - a full disk, or a value whose own code raises
            self._closed_until = self._clock() + _PAUSE
            problem = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._log.warning("write", "the journal %s cannot be written: %s", self._folder, problem)

    def wait(self, span: SelectedSpan) -> bool:
        """Leave a span to a later delivery; return False if it is not kept here.

        Args:
            span: is not going to be delivered now.
        """
        if not isinstance(span.line, JournalPosition):
            return False
        self.account((), (span.line,))
        return True

    def account(self, settled: Iterable[JournalPosition], waiting: Iterable[JournalPosition]) -> None:
        """Take what became of lines.

        Args:
            settled: need no delivery any more.
            waiting: a later attempt has to deliver.
        """
        finished = []
        with suppress_internal_errors("keeping the journal's accounts"):
            with self._lock:
                for segment in self._settle(settled) | self._wait(waiting):
                    if segment.outstanding:
                        continue
                    if segment is self._current and not segment.waiting:
                        segment.empty()
                    else:
                        self._let_go(segment)
                        finished.append(segment)
            self._finish(finished)

    def adopt(self) -> Iterator[list[SelectedSpan]]:
        """Take over the segments that no process holds, one after the other, and give what is in each."""
        try:
            paths, others = segment_paths(self._folder)
        except OSError as error:
            self._log.warning("read", "the journal %s cannot be read: %s", self._folder, error.strerror)
            return
        for path in others:
            self._leave_alone(path, "is none of the journal's files")
        for path in paths:
            if path.name not in self._foreign:
                yield self._adopt(path)

    def close(self) -> None:
        """Let go of everything; what is not known as delivered waits for the next process."""
        with self._lock:
            held = list(self._held)
            for segment in held:
                segment.waiting |= segment.outstanding
                self._let_go(segment)
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
            self._log.warning("room", "the journal %s is full: new events are not kept", self._folder)
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
                    # An event delivered again is the same event; an error would be counted again.
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

    def _let_go(self, segment: Segment) -> None:
        self._held.discard(segment)
        if segment is self._current:
            self._current = None

    def _finish(self, segments: Iterable[Segment]) -> None:
        for segment in segments:
            try:
                segment.finish()
            except OSError as error:  # whoever looks at the file next does it again
                self._log.warning("finish", "%s cannot be finished: %s", segment.path, error.strerror)

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
            except Exception:  # noqa: BLE001 - another version's line, or nobody's, must not block the others
                segment.waiting.add(offset)
                self._leave_alone(path, "has lines that are none of the journal's")
                continue
            span.line = JournalPosition(segment, offset, is_error=bool(span.errors))
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
            self._log.once_per_process(path.name, "%s %s: it is left alone", path, problem)

    def _after_fork(self) -> None:
        """Write to segments of its own in a forked child; those held at the fork are the parent's."""
        held, self._held = self._held, set()
        for segment in held:
            segment.leave()
        self._current = None
        self._lock = threading.Lock()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
