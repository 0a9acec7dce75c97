"""The errors among the spans of one request, judged by trace.

=====================================  ====================================================  =========
an exception on                        its entry span                                        judged
=====================================  ====================================================  =========
an entry span, last                    failed with 5xx, or with an error and no HTTP status  unhandled
an entry span, last                    has an error, but an HTTP status below 300            unknown
an entry span, escaped from it         any other, except 3xx and 4xx                         unhandled
inner spans with an error, the last    failed, and has no exception of its own               unhandled
inner spans with an error (Node.js)    not in the request                                    unknown
an entry span inside another, too      failed by the same exception                          no error
an entry span, a second one of a call  failed by the same exception                          no error
a call (`CLIENT`, `PRODUCER`)          any                                                   no error
any                                    any other                                             no error
=====================================  ====================================================  =========
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

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
_MAX_ENTRIES = 16


class _Sighting(NamedTuple):
    position: int
    span: ReadableSpan
    event: Event

    @property
    def has_failed(self) -> bool:
        return self.span.status.status_code is StatusCode.ERROR or has_escaped(self.span, self.event)


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
        elif entry is not None:
            inside.setdefault(id(entry), []).append(sighting)
        elif language_of(span) == _RECORDED_INSIDE:
            orphans.append(sighting)
    reported: set[tuple[int, str, str]] = set()
    attempts: set[tuple[object, ...]] = set()
    for entry in sorted(tree.entries, key=lambda one: one.end_time or 0):
        if not has_failed(entry):
            continue
        found = own.get(id(entry))
        if found is None:
            seen = _seen_last(inside.get(id(entry), ()))
            if not seen:
                continue
            found = seen[0]
        else:
            seen = [found]
        error = error_of(found.span, found.event, entry)
        error.entry = _about(entry, seen)
        what = error.raise_site, error.exceptions[0].message
        outer = tree.around(entry)
        if outer is not None and _is_one_program(outer, entry):
            reported.add((id(outer), *what))  # the outer entry span sees the same exception pass
        key = (_call_of(entry) or id(entry), *what)
        if key not in attempts and (id(entry), *what) not in reported:
            attempts.add(key)
            yield found.position, error
    for seen in _by_exception(orphans):
        if any(one.has_failed for one in seen):
            yield seen[0].position, error_of(seen[0].span, seen[0].event, None)


def _call_of(entry: ReadableSpan) -> tuple[object, ...] | None:
    """Return what is equal for the requests by which a client repeats a call that broke off, if it is one."""
    if entry.kind is not SpanKind.SERVER or entry.parent is None:
        return None
    return entry.parent.span_id, entry.name


def _seen_last(inside: Iterable[_Sighting]) -> Sequence[_Sighting]:
    """Return the sightings, innermost first, of the exception that ended the last of some inner spans."""
    ended = [seen for seen in _by_exception(inside) if any(one.has_failed for one in seen)]
    return max(
        ended, key=lambda seen: max(one.span.end_time or 0 for one in seen if one.has_failed), default=()
    )


def _by_exception(sightings: Iterable[_Sighting]) -> Iterable[Sequence[_Sighting]]:
    """Return the sightings of each exception, innermost first: they have the same stack in Node.js."""
    found: dict[tuple[object, ...], list[_Sighting]] = {}
    for one in sorted(sightings, key=lambda one: one.event.timestamp):
        found.setdefault(_what(one.event), []).append(one)
    return found.values()


def _about(entry: ReadableSpan, seen: Sequence[_Sighting]) -> dict[str, Any]:
    """Return the attributes of an entry span, with those that only the spans of its handlers know."""
    about: dict[str, Any] = {}
    for one in reversed(seen):
        about |= as_dict(one.span.attributes)
    return about | as_dict(entry.attributes)


def _is_one_program(one: ReadableSpan, other: ReadableSpan) -> bool:
    return one.resource is other.resource or one.resource == other.resource


def _what(event: Event) -> tuple[object, ...]:
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
            if (one.start_time or 0) <= start and end <= (one.end_time or 0) and _is_one_program(one, span)
        ]
        return max(around, key=lambda one: one.start_time or 0, default=None)
