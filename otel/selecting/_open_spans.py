"""The spans that are open, and the entry span that each belongs to."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan, Span
from opentelemetry.trace import SpanKind

from otel.exceptions import ExceptionSnapshot, Hook, raise_site
from otel.mapping.errors import ErrorRecord
from otel.selecting._ending import (
    EntrySpan,
    ReportedErrors,
    end_entry,
    end_inner,
    error_of,
    errors_of,
    recorded_as,
    remember_answered,
)
from otel.selecting._sightings import RecordedBy, number_of, synthesize
from otel.selecting.error_rules import Judgment

__all__ = ["MAX_OPEN", "OpenSpans", "is_outgoing_call"]

# The number of open spans that are followed. Only spans that never end (a client that hangs up under ASGI,
# `otel.md` section 5) fill it up; the oldest are then forgotten.
MAX_OPEN = 20_000

_ENTRY_KINDS = frozenset({SpanKind.SERVER, SpanKind.CONSUMER})
# Compared by identity, because each span asks: a set would hash the member's name each time.
_CLIENT, _PRODUCER = SpanKind.CLIENT, SpanKind.PRODUCER


class OpenSpans:
    """The open spans of a process, and what is recorded on them until their entry span ends. Thread-safe.

    Every change is one operation on a dict or list, which the interpreter makes atomic.
    """

    def __init__(self) -> None:
        self._entry_of: dict[int, EntrySpan | None] = {}
        self._in_trace: dict[int, EntrySpan] = {}
        self._handling: dict[int, int] = {}
        self._reported: dict[Hashable, int] = {}

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
            self._handling[span_id] = number_of(handling)

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
        if entry is not None and handling is not None and not is_entry:
            remember_answered(entry, span)
        if not events and (entry is None or not is_entry or entry.is_clean):
            return []
        if is_outgoing_call(span):
            return []  # the caller may handle a failed call; if not, it shows on an outer span
        recorded = [recorded_as(span, event) for event in events]
        reported = ReportedErrors(self._reported, trace_id)
        if entry is not None and is_entry:
            return list(end_entry(span, entry, recorded, handling, reported))
        return list(end_inner(span, entry, recorded, identity, reported)) if recorded else []

    def remember(self, exception: BaseException, span_id: int) -> None:
        """Keep the exception that ends an entry span.

        Args:
            exception: seen by the framework.
            span_id: of a span inside the entry span.
        """
        entry = self._entry_of.get(span_id)
        if entry is not None:
            entry.remembered = recorded_as(entry.span, synthesize(exception))

    def log(
        self, span: ReadableSpan, event: Event, exception: BaseException | None
    ) -> list[tuple[ReadableSpan, ErrorRecord]]:
        """Return the errors that are certain now that an exception has been logged.

        Args:
            span: the current span, or one that stands for the place outside any.
            event: describes the exception.
            exception: the exception; None if only its description is known.
        """
        context = span.context
        if context is None:
            return []
        logged = replace(recorded_as(span, event, exception), by=RecordedBy.LOGGER)
        entry = self.around(context.trace_id, context.span_id)
        if entry is None or entry.span.end_time is not None:
            # A server logs an exception that has left its request.
            if logged.number in self._reported:
                return []
            certain = [logged]
        else:
            certain = entry.keep_logged(logged)
        judgment = Judgment(logged=certain)
        ReportedErrors(self._reported, context.trace_id).add(judgment)
        about = (span if entry is None else entry.span).attributes or {}
        return list(errors_of(judgment, about, ended=span))

    def uncaught(
        self, span: ReadableSpan, exception: BaseException, hook: Hook
    ) -> list[tuple[ReadableSpan, ErrorRecord]]:
        """Return the error that an exception is which nobody has caught; none if it was reported already.

        Args:
            span: the current span, or one that stands for the place outside any.
            exception: the exception.
            hook: the hook that caught it.
        """
        context = span.context
        if context is None or self.is_reported(exception):
            return []
        one = recorded_as(span, synthesize(exception))
        reported = ReportedErrors(self._reported, context.trace_id)
        reported.add(Judgment(fatal=one))
        # The interpreter's own log record of it contains only its text.
        reported.add(
            Judgment(fatal=replace(one, number=raise_site(ExceptionSnapshot.of(exception).exceptions)))
        )
        entry = self.around(context.trace_id, context.span_id)
        about = (span if entry is None else entry.span).attributes or {}
        return [error_of(one, about, hook, is_handled=False)]

    def is_reported(self, exception: BaseException) -> bool:
        """Whether an exception was reported as an error lately, in any trace.

        Args:
            exception: any.
        """
        return number_of(exception) in self._reported

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
