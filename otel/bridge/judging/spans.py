"""The errors among the spans of one request, judged by trace.

=====================================  ===========================================================  =========
an exception on                        its entry span                                               judged
=====================================  ===========================================================  =========
an entry span, last                    failed with 5xx, or with an error and without an HTTP status  unhandled
an entry span, last                    has an error, but its HTTP status is below 300                unknown
an entry span, escaped from it         any other, except 3xx and 4xx                                 unhandled
inner spans with an error, the last    failed, and has no exception of its own                       unhandled
inner spans with an error (Node.js)    not in the request                                            unknown
a call (`CLIENT`, `PRODUCER`)          any                                                           no error
any                                    any other                                                     no error
=====================================  ===========================================================  =========
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import StatusCode

from otel.attributes import EXCEPTION_EVENT
from otel.mapping.errors import ErrorRecord
from otel.mapping.from_span import (
    as_dict,
    error_of,
    has_escaped,
    has_failed,
    is_call,
    is_entry,
    language_of,
)

__all__ = ["judge_trace"]

# In other languages, an exception reaches the entry span by itself, and is recorded there. Errors of Node.js
# are passed to callbacks, and instrumentations record them on the span of the handler.
_RECORDED_INSIDE = "nodejs"

# The entry spans of a trace in one request that are compared with an inner span whose parents are missing. A
# trace of a real request has a few.
_MAX_ENTRIES = 64


class _Sighting(NamedTuple):
    position: int
    span: ReadableSpan
    event: Event


def judge_trace(spans: Sequence[tuple[int, ReadableSpan]]) -> Iterator[tuple[int, ErrorRecord]]:
    """Yield the errors of a trace, each with the position of the span that carries the exception.

    Args:
        spans: the spans of one trace that are in a request, with their positions.
    """
    tree = _Tree([span for _, span in spans])
    own: dict[int, _Sighting] = {}
    inside: dict[int, list[_Sighting]] = {}
    orphans: list[_Sighting] = []
    for position, span in spans:
        exceptions = [event for event in span.events if event.name == EXCEPTION_EVENT]
        if not exceptions or is_call(span):
            continue
        sighting = _Sighting(position, span, exceptions[-1])
        entry = tree.entry_of(span)
        if entry is span:
            own[id(span)] = sighting
        elif span.status.status_code is not StatusCode.ERROR and not has_escaped(span, exceptions[-1]):
            continue
        elif entry is not None:
            inside.setdefault(id(entry), []).append(sighting)
        elif language_of(span) == _RECORDED_INSIDE:
            orphans.append(sighting)
    reported: set[tuple[int, str, str]] = set()
    for entry in sorted(tree.entries, key=lambda one: one.end_time or 0):
        found = own.get(id(entry)) or _innermost(inside.get(id(entry), ()))
        if found is None or not has_failed(entry):
            continue
        error = error_of(found.span, found.event, entry)
        if found.span is not entry:
            error.entry = as_dict(found.span.attributes) | dict(error.entry)
        what = error.raise_site, error.exceptions[0].message
        outer = tree.around(entry)
        if outer is not None and outer.resource == entry.resource:
            reported.add((id(outer), *what))  # the outer entry span sees the same exception pass
        if (id(entry), *what) not in reported:
            yield found.position, error
    yield from _judge_orphans(orphans)


def _innermost(inside: Sequence[_Sighting]) -> _Sighting | None:
    """Return the first sighting of the exception that ended the last of the inner spans."""
    if not inside:
        return None
    last = max(inside, key=lambda one: one.span.end_time or 0)
    what = _what(last.event)
    return min((one for one in inside if _what(one.event) == what), key=lambda one: one.event.timestamp)


def _judge_orphans(orphans: Iterable[_Sighting]) -> Iterator[tuple[int, ErrorRecord]]:
    first: dict[tuple[object, ...], _Sighting] = {}
    for one in sorted(orphans, key=lambda one: one.event.timestamp):
        first.setdefault(_what(one.event), one)
    for position, span, event in first.values():
        yield position, error_of(span, event, None)


def _what(event: Event) -> tuple[object, ...]:
    """Return what is equal for all sightings of one exception in Node.js, which keeps its stack."""
    attributes = event.attributes or {}
    return tuple(attributes.get(f"exception.{name}") for name in ("type", "message", "stacktrace"))


class _Tree:
    """The spans of one trace, by their parents. Confined to one thread.

    Args:
        spans: those that are in the request.
    """

    def __init__(self, spans: Sequence[ReadableSpan]) -> None:
        self._by_id = {span.context.span_id: span for span in spans if span.context is not None}
        self.entries = [span for span in spans if is_entry(span)]
        self._entry_of: dict[int, ReadableSpan | None] = {id(span): span for span in self.entries}

    def entry_of(self, span: ReadableSpan) -> ReadableSpan | None:
        """Return the entry span around a span, or the span itself if it is one; None if it is not known.

        Args:
            span: one of the trace.
        """
        path: list[ReadableSpan] = []
        current: ReadableSpan | None = span
        while current is not None and id(current) not in self._entry_of:
            self._entry_of[id(current)] = None  # the parents of a malformed trace may form a circle
            path.append(current)
            current = self._parent(current)
        found = self._by_time(path[-1]) if current is None and path else None
        if current is not None:
            found = self._entry_of[id(current)]
        for one in path:
            self._entry_of[id(one)] = found
        return found

    def around(self, entry: ReadableSpan) -> ReadableSpan | None:
        """Return the entry span around another one.

        Args:
            entry: an entry span.
        """
        parent = self._parent(entry)
        return None if parent is None else self.entry_of(parent)

    def _parent(self, span: ReadableSpan) -> ReadableSpan | None:
        return None if span.parent is None else self._by_id.get(span.parent.span_id)

    def _by_time(self, span: ReadableSpan) -> ReadableSpan | None:
        """Return the last entry span of the same program that was open throughout a span.

        The Collector passes on only the spans that have something for PostHog.
        """
        start, end = span.start_time or 0, span.end_time or 0
        if len(self.entries) > _MAX_ENTRIES:
            return None
        around = [
            one
            for one in self.entries
            if (one.start_time or 0) <= start and end <= (one.end_time or 0) and one.resource == span.resource
        ]
        return max(around, key=lambda one: one.start_time or 0, default=None)
