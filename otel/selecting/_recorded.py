"""The recorded events of the open spans, so that the end of a span queues only its other events."""

from __future__ import annotations

import threading
from collections.abc import Callable

from otel._fork import call_in_child
from otel.selecting._open_spans import MAX_OPEN
from otel.selecting.selected import RecordedEvent

__all__ = ["EVENTS_BETWEEN_LOOKS", "RecordedEvents", "RecordedOn"]

# How many events may be added to a span before its room is looked at again: looking copies all of its events.
EVENTS_BETWEEN_LOOKS = 8


class RecordedOn:
    """The recorded events of one span. Confined to its `RecordedEvents`."""

    __slots__ = ("held", "is_full", "is_over", "names")

    def __init__(self) -> None:
        # By the event's time, which `record` makes unique.
        self.names: dict[int, str] = {}
        # Events of nobody, which wait in case a login follows.
        self.held: list[RecordedEvent] = []
        self.is_full = False
        self.is_over = False


class RecordedEvents:
    """The recorded events of all open spans, by span. Thread-safe."""

    def __init__(self) -> None:
        # Called with a span before it is forgotten, because too many are open: its events must not be held.
        self.before_forgetting: Callable[[int], object] = self.release
        self._on: dict[int, RecordedOn] = {}
        self._lock = threading.Lock()
        call_in_child(self._after_fork)

    def on(self, span_id: int) -> RecordedOn:
        """Return the recorded events of an open span.

        Args:
            span_id: the span's.
        """
        found = self._on.get(span_id)
        if found is not None:
            return found
        if len(self._on) >= MAX_OPEN:
            self._forget_oldest()
        return self._on.setdefault(span_id, RecordedOn())

    def end(self, span_id: int) -> RecordedOn | None:
        """Forget a span that has ended; return its recorded events, with those that were held.

        Args:
            span_id: the span's.
        """
        found = self._on.pop(span_id, None)
        if found is not None and found.names:
            with self._lock:
                found.is_over = True
        return found

    def hold(self, event: RecordedEvent, on: RecordedOn) -> bool:
        """Keep an event until the end of its span or `release`; return False if either has happened.

        Args:
            event: about nobody so far.
            on: the recorded events of its span.
        """
        with self._lock:
            if not on.is_over:
                on.held.append(event)
            return not on.is_over

    def release(self, span_id: int) -> list[RecordedEvent]:
        """Return the events that are held for a span; later ones are not held any more.

        Args:
            span_id: the span's.
        """
        found = self._on.get(span_id)
        if found is None:
            return []
        with self._lock:
            found.is_over = True
            held, found.held = found.held, []
        return held

    def spans(self) -> list[int]:
        """Return the spans that have recorded events."""
        return list(self._on)

    def _forget_oldest(self) -> None:
        """Forget spans that will probably never end, such as those of clients that hung up."""
        for span_id in self.spans()[: MAX_OPEN // 10]:
            self.before_forgetting(span_id)
            self._on.pop(span_id, None)

    def _after_fork(self) -> None:
        """Leave events that are held to the parent, but remember that they were recorded."""
        self._lock = threading.Lock()
        for found in self._on.values():
            found.held = []
