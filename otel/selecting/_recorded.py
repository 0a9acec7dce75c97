"""The recorded events of the open spans, so that the end of a span queues only its other events."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import SpanContext

from otel._fork import call_in_child
from otel.selecting._open_spans import MAX_OPEN
from otel.selecting.selected import RecordedEvent

__all__ = ["EVENTS_BETWEEN_LOOKS", "RecordedEvents", "RecordedOn"]

# How many events may be added to a span before its room is looked at again: looking copies all of its events.
EVENTS_BETWEEN_LOOKS = 8


class RecordedOn:
    """The recorded events of one span. Confined to its `RecordedEvents` until the span has ended."""

    __slots__ = ("held", "is_full", "is_over", "keys", "repeats", "resource", "span_id", "trace_id")

    def __init__(self, context: SpanContext, resource: Mapping[str, Any]) -> None:
        self.trace_id = context.trace_id
        self.span_id = context.span_id
        self.resource = resource
        # The name and time of each event. Each key is its own value, which shows who has set it.
        self.keys: dict[tuple[str, int], tuple[str, int]] = {}
        # How many more events have the same name and time; nearly always none.
        self.repeats: dict[tuple[str, int], int] = {}
        # Events of nobody, which wait in case a login follows.
        self.held: list[RecordedEvent] = []
        self.is_full = False
        self.is_over = False

    def take_out(self, events: Iterable[Event]) -> list[Event]:
        """Return a span's other events, once it has ended; those that remain here are lost to its limit.

        Args:
            events: the span's.
        """
        keys, repeats = self.keys, self.repeats
        others = [event for event in events if keys.pop((event.name, event.timestamp), None) is None]
        if repeats:
            for event in list(others):
                key = event.name, event.timestamp
                if repeats.get(key):
                    repeats[key] -= 1
                    others.remove(event)
        return others

    def __len__(self) -> int:
        return len(self.keys) + sum(self.repeats.values())


class RecordedEvents:
    """The recorded events of all open spans, by span. Thread-safe."""

    def __init__(self) -> None:
        # Called with a span before it is forgotten, because too many are open: its events must not be held.
        self.before_forgetting: Callable[[int], object] = self.release
        self._on: dict[int, RecordedOn] = {}
        self._lock = threading.Lock()
        call_in_child(self._after_fork)

    def on(self, span: ReadableSpan, context: SpanContext) -> RecordedOn:
        """Return the recorded events of an open span.

        Args:
            span: recording.
            context: its context.
        """
        found = self._on.get(context.span_id)
        if found is not None:
            return found
        if len(self._on) >= MAX_OPEN:
            self._forget_oldest()
        return self._on.setdefault(context.span_id, RecordedOn(context, span.resource.attributes))

    def end(self, span_id: int) -> RecordedOn | None:
        """Forget a span that has ended; return its recorded events, with those that were held.

        Args:
            span_id: the span's.
        """
        found = self._on.pop(span_id, None)
        if found is not None:
            with self._lock:
                found.is_over = True
        return found

    def add(self, on: RecordedOn, name: str, time_unix_nano: int) -> int:
        """Add an event; return its position among the span's events with the same name and time.

        Args:
            on: the recorded events of its span.
            name: the event's.
            time_unix_nano: the event's.
        """
        key = name, time_unix_nano
        if on.keys.setdefault(key, key) is key:  # without a lock, for nearly every event
            return 0
        with self._lock:
            on.repeats[key] = on.repeats.get(key, 0) + 1
            return on.repeats[key]

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
