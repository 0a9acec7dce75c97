"""The spans that are open, and the entry span that each belongs to."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan, Span
from opentelemetry.trace import SpanKind

from otel.exceptions import BY_HAND, ExceptionSnapshot, hook_of
from otel.mapping.errors import ErrorRecord
from otel.mapping.from_span import envelope_of
from otel.recording.emitters import LONG_LIVED_NS
from otel.selecting.error_rules import (
    Entry,
    Judgment,
    Kind,
    RecordedException,
    judge_entry,
    judge_inner,
    kind_of,
)

__all__ = ["MAX_OPEN", "EntrySpan", "OpenSpans", "is_outgoing_call"]

# The number of open spans that are followed. Only spans that never end (a client that hangs up under ASGI,
# `otel.md` section 5) fill it up; the oldest are then forgotten.
MAX_OPEN = 20_000

_ENTRY_KINDS = frozenset({SpanKind.SERVER, SpanKind.CONSUMER})
# Compared by identity, because each span asks: a set would hash the member's name each time.
_CLIENT, _PRODUCER = SpanKind.CLIENT, SpanKind.PRODUCER

# Numbers exceptions that were being handled when a span started. The number is kept on the exception itself:
# an `id()` may belong to another exception by the time the span ends, and a reference would keep its frames
# alive.
_HANDLED = "__otel_handled__"
_numbers = count(1)


@dataclass(slots=True, eq=False)
class EntrySpan:
    """An open entry span: a request, a task or a script."""

    span: Span
    span_id: int
    outer: EntrySpan | None
    inner: list[RecordedException] = field(default_factory=list)
    remembered: ExceptionSnapshot | None = None
    is_expected: bool = False
    reported: list[Kind] = field(default_factory=list)

    def report(self, kinds: Iterable[Kind]) -> None:
        """Remember reported errors, here and in the entry spans around, so that each is reported once."""
        kinds = tuple(kinds)
        entry: EntrySpan | None = self
        while entry is not None:
            entry.reported += kinds
            entry = entry.outer


class OpenSpans:
    """The open spans of a process, and what is recorded on them until their entry span ends. Thread-safe.

    Every change is one operation on a dict or list, which the interpreter makes atomic.
    """

    def __init__(self) -> None:
        self._entry_of: dict[int, EntrySpan | None] = {}
        self._in_trace: dict[int, EntrySpan] = {}
        self._handling: dict[int, int] = {}

    def start(self, span: Span) -> None:
        """Add a span that starts.

        Args:
            span: recording, and not an outgoing call.
        """
        context, parent = span.context, span.parent
        span_id = context.span_id
        entry = None
        if parent is not None and not parent.is_remote:
            # A parent that is not recorded is unknown here, but the trace's innermost entry span is not.
            entry = self._entry_of.get(parent.span_id) or self._in_trace.get(context.trace_id)
        if parent is None or parent.is_remote or span.kind in _ENTRY_KINDS:
            entry = self._in_trace[context.trace_id] = EntrySpan(span, span_id, entry)
        if len(self._entry_of) >= MAX_OPEN:
            self._forget_oldest()
        self._entry_of[span_id] = entry
        handling = sys.exc_info()[1]
        if handling is not None:
            self._handling[span_id] = handling.__dict__.setdefault(_HANDLED, next(_numbers))

    def end(
        self, span: ReadableSpan, events: Sequence[Event], identity: Mapping[str, Any] | None
    ) -> list[tuple[ReadableSpan, ErrorRecord]]:
        """Remove a span that has ended; return the errors that are certain now, with their spans.

        Args:
            span: ended.
            events: its exceptions.
            identity: the identity attributes of the current request or task, if there is one.
        """
        context = span.context
        if context is None:
            return []
        trace_id, span_id = context.trace_id, context.span_id
        entry = self._entry_of.pop(span_id, None)
        handling = self._handling.pop(span_id, None)
        is_entry = entry is not None and entry.span_id == span_id
        if is_entry:
            self._leave(trace_id, entry)
        if not events and not (is_entry and entry is not None and entry.inner):
            return []
        if is_outgoing_call(span):
            return []  # the caller may handle a failed call; if not, it shows on an outer span
        recorded = [_recorded(span, event, handling) for event in events]
        if entry is not None and is_entry:
            return list(_end_entry(span, entry, recorded))
        return list(_end_inner(span, entry, recorded, identity))

    def current(self, span_id: int) -> EntrySpan | None:
        """Return the entry span that an open span belongs to.

        Args:
            span_id: of a recording span.
        """
        return self._entry_of.get(span_id)

    def around(self, trace_id: int, span_id: int) -> EntrySpan | None:
        """Return the entry span around a span, whether or not the span is recorded.

        Args:
            trace_id: the span's.
            span_id: the span's.
        """
        return self._entry_of.get(span_id) or self._in_trace.get(trace_id)

    def _leave(self, trace_id: int, entry: EntrySpan | None) -> None:
        if entry is not None and self._in_trace.get(trace_id) is entry:
            if entry.outer is None:
                del self._in_trace[trace_id]
            else:
                self._in_trace[trace_id] = entry.outer

    def _forget_oldest(self) -> None:
        for forgotten in list(self._entry_of)[: MAX_OPEN // 10]:
            entry = self._entry_of.pop(forgotten, None)
            self._handling.pop(forgotten, None)
            if entry is not None and entry.span_id == forgotten:
                self._leave(entry.span.context.trace_id, entry)


def is_outgoing_call(span: ReadableSpan) -> bool:
    """Whether a span is a call inside an entry span to a service or database.

    Such spans are not followed: their exceptions are not judged, and their trace leads to their entry span.

    Args:
        span: any.
    """
    kind, parent = span.kind, span.parent
    return (kind is _CLIENT or kind is _PRODUCER) and parent is not None and not parent.is_remote


def _end_inner(
    span: ReadableSpan,
    entry: EntrySpan | None,
    recorded: list[RecordedException],
    identity: Mapping[str, Any] | None,
) -> Iterator[tuple[ReadableSpan, ErrorRecord]]:
    is_open = entry is not None and entry.span.end_time is None
    if entry is not None and is_open and time.time_ns() - (entry.span.start_time or 0) < LONG_LIVED_NS:
        entry.inner.extend(recorded)
        return
    judgment = judge_inner(recorded, has_entry=is_open)
    if entry is not None:
        entry.inner.extend(one for one in recorded if one not in judgment.handled)
        entry.report(judgment.reported)
    about = {**((span if entry is None else entry.span).attributes or {}), **(identity or {})}
    yield from _errors(judgment, about, ended=span)


def _end_entry(
    span: ReadableSpan, entry: EntrySpan, own: list[RecordedException]
) -> Iterator[tuple[ReadableSpan, ErrorRecord]]:
    judgment = judge_entry(Entry(span, own, entry.inner, entry.remembered, entry.is_expected, entry.reported))
    entry.reported += judgment.expected
    entry.report(judgment.reported)
    yield from _errors(judgment, span.attributes or {}, ended=span)


def _errors(
    judgment: Judgment, about: Mapping[str, Any], *, ended: ReadableSpan
) -> Iterator[tuple[ReadableSpan, ErrorRecord]]:
    if judgment.fatal is not None:
        yield _error(judgment.fatal, about, ended)
    for one in judgment.handled:
        yield _error(one, about, None)


def _error(
    one: RecordedException, about: Mapping[str, Any], ended: ReadableSpan | None
) -> tuple[ReadableSpan, ErrorRecord]:
    """Return an error with its span; an error that ended no span was handled."""
    hook = BY_HAND if ended is None else hook_of(ended)
    return one.span, ErrorRecord(envelope_of(one.span, one.event), dict(about), ended is None, hook, one.live)


def _recorded(span: ReadableSpan, event: Event, handling: int | None) -> RecordedException:
    exception = sys.exc_info()[1]
    live = None
    if exception is not None:
        live = ExceptionSnapshot.of(exception)
        if not live.matches(*kind_of(event)):
            live = None
    # Either the event says so, or the status is the one that `use_span` writes for an exception that passes
    # through the span; a developer who records an exception and goes on writes another status.
    passed_through = (event.attributes or {}).get("exception.escaped") == "True" or (
        live is not None
        and exception is not None
        and (handling is None or exception.__dict__.get(_HANDLED) != handling)
        and span.status.description == f"{type(exception).__name__}: {exception}"
    )
    return RecordedException(span, event, live, is_deliberate=not passed_through)
