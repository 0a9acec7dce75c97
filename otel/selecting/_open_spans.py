"""Which spans let something in (a request, a task, a script), and which error ended each of them."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan, Span
from opentelemetry.trace import SpanKind, StatusCode

from otel.attributes import EXCEPTION_EVENT
from otel.exceptions import BY_HAND, ExceptionSnapshot, hook_of
from otel.mapping.errors import ErrorRecord, http_status
from otel.mapping.from_span import envelope_of
from otel.recording.emitters import LONG_LIVED_NS

__all__ = ["EntrySpan", "LocatedError", "OpenSpans"]

# Spans under way that are followed at once. Only spans that never end (a client that hangs up under ASGI,
# `otel.md` section 5) make it fill up; the oldest is then forgotten.
_MAX_OPEN = 20_000

_ENTRY_KINDS = frozenset({SpanKind.SERVER, SpanKind.CONSUMER})
_OUTGOING_KINDS = frozenset({SpanKind.CLIENT, SpanKind.PRODUCER})


@dataclass(slots=True, eq=False)
class RecordedException:
    """An exception that left an inner span, or was recorded on it, before it is known how the entry ends."""

    span: ReadableSpan
    event: Event
    live: ExceptionSnapshot | None
    is_deliberate: bool


@dataclass(slots=True, eq=False)
class EntrySpan:
    """Follow one entry span while it is under way."""

    span: Span
    span_id: int
    outer: EntrySpan | None
    candidates: list[RecordedException] = field(default_factory=list)
    noted: ExceptionSnapshot | None = None
    is_expected: bool = False
    reported: list[tuple[str, str]] = field(default_factory=list)

    def report(self, event: Event) -> None:
        """Remember that an error left, here and in the entries around, so that it leaves once."""
        entry: EntrySpan | None = self
        while entry is not None:
            entry.reported.append(_kind(event))
            entry = entry.outer


class OpenSpans:
    """Follow the spans under way, and decide which exceptions are errors (`otel.md` section 5).

    An error is what ended a request with 5xx, or a task, or a script; and what a developer recorded on a span
    with an error status. What passed through inner spans and was then handled is none.
    """

    def __init__(self) -> None:
        self._entry_of: dict[int, EntrySpan | None] = {}
        self._in_trace: dict[int, EntrySpan] = {}
        self._begun_while_handling: dict[int, int] = {}

    def start(self, span: Span) -> None:
        """Follow a span that begins.

        Args:
            span: recording.
        """
        context, parent = span.context, span.parent
        span_id = context.span_id
        entry = None
        if parent is not None and not parent.is_remote:
            # A parent that is not recorded is not known here, but the trace's innermost entry is.
            entry = self._entry_of.get(parent.span_id) or self._in_trace.get(context.trace_id)
        if parent is None or parent.is_remote or span.kind in _ENTRY_KINDS:
            entry = self._in_trace[context.trace_id] = EntrySpan(span, span_id, entry)
        if len(self._entry_of) >= _MAX_OPEN:
            self._forget_oldest()
        self._entry_of[span_id] = entry
        handling = sys.exc_info()[1]
        if handling is not None:
            self._begun_while_handling[span_id] = id(handling)

    def end(self, span: ReadableSpan, identity: Mapping[str, Any] | None) -> tuple[LocatedError, ...]:
        """Return the errors that are certain now that a span has ended.

        Args:
            span: ended.
            identity: the identity attributes of the request or task under way, if one is.
        """
        context = span.context
        if context is None:
            return ()
        trace_id, span_id = context.trace_id, context.span_id
        entry = self._entry_of.pop(span_id, None)
        begun_while_handling = self._begun_while_handling.pop(span_id, None)
        is_entry = entry is not None and entry.span_id == span_id
        if is_entry:
            self._leave(trace_id, entry)
        events = [event for event in span.events if event.name == EXCEPTION_EVENT]
        if not events and not (is_entry and entry is not None and entry.candidates):
            return ()
        if span.kind in _OUTGOING_KINDS and not is_entry:
            return ()  # a failed query or call that somebody may have handled; if not, it shows further out
        candidates = [_candidate(span, event, begun_while_handling) for event in events]
        if entry is not None and is_entry:
            return _at_entry(span, entry, candidates)
        return _at_inner(span, entry, candidates, identity)

    def current(self, span_id: int) -> EntrySpan | None:
        """Return the entry that a span under way belongs to.

        Args:
            span_id: of a recording span.
        """
        return self._entry_of.get(span_id)

    def around(self, trace_id: int, span_id: int) -> EntrySpan | None:
        """Return the entry that something inside a span belongs to, whether or not the span is recorded.

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
        for forgotten in list(self._entry_of)[: _MAX_OPEN // 10]:
            entry = self._entry_of.pop(forgotten, None)
            self._begun_while_handling.pop(forgotten, None)
            if entry is not None and entry.span_id == forgotten:
                self._leave(entry.span.context.trace_id, entry)


@dataclass(slots=True, eq=False)
class LocatedError:
    """An error with the span that it is about."""

    span: ReadableSpan
    error: ErrorRecord


def _at_inner(
    span: ReadableSpan,
    entry: EntrySpan | None,
    candidates: list[RecordedException],
    identity: Mapping[str, Any] | None,
) -> tuple[LocatedError, ...]:
    if entry is not None and time.time_ns() - (entry.span.start_time or 0) < LONG_LIVED_NS:
        entry.candidates.extend(candidates)
        return ()
    view = {**((span if entry is None else entry.span).attributes or {}), **(identity or {})}
    deliberate = [one for one in candidates if one.is_deliberate and _failed(one.span)]
    if entry is None:
        # Its entry ended before it, as a request that streams its answer does: what escapes is not handled.
        fatal = next((one for one in candidates if not one.is_deliberate), None)
        if fatal is not None:
            return (_located(fatal, view, ended=fatal.span),)
    else:
        entry.candidates.extend(one for one in candidates if one not in deliberate)
        for one in deliberate:
            entry.report(one.event)
    return tuple(_located(one, view) for one in deliberate)


def _at_entry(span: ReadableSpan, entry: EntrySpan, own: list[RecordedException]) -> tuple[LocatedError, ...]:
    located: list[LocatedError] = []
    fatal = _fatal(span, entry, own)
    everything = [*entry.candidates, *own]
    if fatal is not None and entry.is_expected:
        # Here alone: where a request runs the task itself, it may still end the request.
        entry.reported.append(_kind(fatal.event))
    elif fatal is not None and _kind(fatal.event) not in entry.reported:
        kind = _kind(fatal.event)
        innermost = next((one for one in everything if _kind(one.event) == kind), fatal)
        # The outermost frames are only in what the entry itself saw.
        innermost.live = fatal.live or innermost.live
        located.append(_located(innermost, span.attributes, ended=span))
        entry.report(fatal.event)
    for one in everything:
        if one.is_deliberate and _failed(one.span) and _kind(one.event) not in entry.reported:
            located.append(_located(one, span.attributes))
            entry.report(one.event)
    return tuple(located)


def _fatal(span: ReadableSpan, entry: EntrySpan, own: list[RecordedException]) -> RecordedException | None:
    """Return the exception that ended an entry, if one did."""
    attributes = span.attributes or {}
    status = http_status(attributes)
    if not own or not _failed(span) or (status is not None and status < 500):
        return None
    if entry.noted is not None:
        for one in own:
            if entry.noted.matches(*_kind(one.event)):
                one.live = entry.noted
                return one
    escaped = next((one for one in own if not one.is_deliberate), None)
    if escaped is not None:
        return escaped
    # Celery's instrumentation records from a signal, where the exception is not live.
    return own[-1] if attributes.get("celery.state") == "FAILURE" else None


def _candidate(span: ReadableSpan, event: Event, begun_while_handling: int | None) -> RecordedException:
    live_exception = sys.exc_info()[1]
    live = None
    if live_exception is not None:
        live = ExceptionSnapshot.of(live_exception)
        if not live.matches(*_kind(event)):
            live = None
    # Either it says so, or its status is what `use_span` writes about an exception that passes through it; a
    # developer who records one and goes on writes a status of their own.
    passed_through = (event.attributes or {}).get("exception.escaped") == "True" or (
        live is not None
        and id(live_exception) != begun_while_handling
        and span.status.description == f"{type(live_exception).__name__}: {live_exception}"
    )
    return RecordedException(span, event, live, is_deliberate=not passed_through)


def _located(
    one: RecordedException, entry: Mapping[str, Any] | None, *, ended: ReadableSpan | None = None
) -> LocatedError:
    """Return an error with the span that it ended; one that ended none was handled."""
    view = dict(entry or {})
    envelope = envelope_of(one.span, one.event)
    envelope.span_attributes = view  # identity is stamped on the entry, not on the spans inside it
    hook = BY_HAND if ended is None else hook_of(ended)
    return LocatedError(one.span, ErrorRecord(envelope, view, ended is None, hook, one.live))


def _kind(event: Event) -> tuple[str, str]:
    attributes = event.attributes or {}
    return str(attributes.get("exception.type", "")), str(attributes.get("exception.message", ""))


def _failed(span: ReadableSpan) -> bool:
    return span.status.status_code is StatusCode.ERROR
