"""The spans that are open, and the entry span that each belongs to."""

from __future__ import annotations

import sys
import time
from asyncio import CancelledError
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan, Span
from opentelemetry.trace import SpanKind

from otel.exceptions import BY_HAND, hook_of
from otel.mapping.errors import ErrorRecord
from otel.mapping.from_span import envelope_of
from otel.recording.emitters import LONG_LIVED_NS
from otel.selecting._sightings import RecordedBy, number_of, sighting_of, synthesize
from otel.selecting.error_rules import (
    Entry,
    Judgment,
    RecordedException,
    judge_entry,
    judge_inner,
    recorded_by_hand,
)

__all__ = ["MAX_OPEN", "EntrySpan", "OpenSpans", "ends_abnormally", "is_outgoing_call"]

# The number of open spans that are followed. Only spans that never end (a client that hangs up under ASGI,
# `otel.md` section 5) fill it up; the oldest are then forgotten.
MAX_OPEN = 20_000

_ENTRY_KINDS = frozenset({SpanKind.SERVER, SpanKind.CONSUMER})
# Compared by identity, because each span asks: a set would hash the member's name each time.
_CLIENT, _PRODUCER = SpanKind.CLIENT, SpanKind.PRODUCER

# How many exceptions that passed through inner spans are kept for the entry span that they may end: the last
# ones, because such an exception is still on its way.
_MAX_PASSED = 16
# How many errors that were recorded deliberately wait for the end of a request; further ones do not wait.
_MAX_BY_HAND = 100
# The number of errors that are remembered as reported. An error is seen again within the request or task that
# it belongs to, or soon after it.
_MAX_REPORTED = 4_096


@dataclass(slots=True, eq=False)
class EntrySpan:
    """An open entry span: a request, a task or a script."""

    span: Span
    span_id: int
    outer: EntrySpan | None
    by_hand: list[RecordedException] = field(default_factory=list)
    passed: deque[RecordedException] = field(default_factory=lambda: deque(maxlen=_MAX_PASSED))
    remembered: RecordedException | None = None
    is_expected: bool = False

    @property
    def is_clean(self) -> bool:
        """Whether no exception is known that the end of the entry span has to judge."""
        return not (self.passed or self.by_hand or self.remembered or sys.exc_info()[1])

    def keep_passed(self, recorded: Iterable[RecordedException]) -> None:
        """Keep exceptions that passed through an inner span; each is placed on the innermost span."""
        for one in recorded:
            if one.by is not RecordedBy.DEVELOPER and all(one.number != kept.number for kept in self.passed):
                self.passed.append(one)


class ReportedErrors:
    """The errors of one trace that were already reported. Thread-safe.

    Args:
        reported: for each error, the trace in which it was reported last.
        trace_id: the trace.
    """

    def __init__(self, reported: dict[Hashable, int], trace_id: int) -> None:
        self._reported = reported
        self._trace_id = trace_id

    def __contains__(self, number: object) -> bool:
        # An exception object may be raised in many requests, as a constant of a module is.
        return self._reported.get(number) == self._trace_id

    def add(self, judgment: Judgment) -> None:
        """Remember the errors that are reported now; the oldest are forgotten."""
        for one in (*filter(None, [judgment.fatal]), *judgment.handled):
            self._reported[one.number] = self._trace_id
        if len(self._reported) > _MAX_REPORTED:
            for oldest in list(self._reported)[: _MAX_REPORTED // 10]:
                self._reported.pop(oldest, None)


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
        if not events and (entry is None or not is_entry or entry.is_clean):
            return []
        if is_outgoing_call(span):
            return []  # the caller may handle a failed call; if not, it shows on an outer span
        recorded = [_recorded(span, event) for event in events]
        reported = ReportedErrors(self._reported, trace_id)
        if entry is not None and is_entry:
            return list(_end_entry(span, entry, recorded, handling, reported))
        return list(_end_inner(span, entry, recorded, identity, reported)) if recorded else []

    def remember(self, exception: BaseException, span_id: int) -> None:
        """Keep the exception that ends an entry span.

        Args:
            exception: seen by the framework.
            span_id: of a span inside the entry span.
        """
        entry = self._entry_of.get(span_id)
        if entry is not None:
            entry.remembered = _recorded(entry.span, synthesize(exception))

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


def _end_inner(
    span: ReadableSpan,
    entry: EntrySpan | None,
    recorded: list[RecordedException],
    identity: Mapping[str, Any] | None,
    reported: ReportedErrors,
) -> Iterator[tuple[ReadableSpan, ErrorRecord]]:
    is_open = entry is not None and entry.span.end_time is None
    if entry is not None and is_open:
        entry.keep_passed(recorded)
        by_hand = recorded_by_hand(recorded)
        is_short = time.time_ns() - (entry.span.start_time or 0) < LONG_LIVED_NS
        if is_short and len(entry.by_hand) + len(by_hand) <= _MAX_BY_HAND:
            entry.by_hand += by_hand
            return
    judgment = judge_inner(recorded, has_entry=is_open, reported=reported)
    reported.add(judgment)
    about = {**((span if entry is None else entry.span).attributes or {}), **(identity or {})}
    yield from _errors(judgment, about, ended=span)


def _end_entry(
    span: ReadableSpan,
    entry: EntrySpan,
    own: list[RecordedException],
    handling: int | None,
    reported: ReportedErrors,
) -> Iterator[tuple[ReadableSpan, ErrorRecord]]:
    own += _unrecorded(span, own, handling)
    judgment = judge_entry(
        Entry(span, own, entry.passed, entry.by_hand, entry.remembered, entry.is_expected, reported)
    )
    reported.add(judgment)
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


def _recorded(span: ReadableSpan, event: Event) -> RecordedException:
    return RecordedException(span, event, *sighting_of(event))


def _unrecorded(
    span: ReadableSpan, own: Sequence[RecordedException], handling: int | None
) -> Iterator[RecordedException]:
    """Return the exception that is passing through a request's span without being recorded.

    OpenTelemetry records none that is not an `Exception`, such as the `SystemExit` by which a server ends a
    worker whose time is up. A task or script that is told to stop has not failed.

    Args:
        span: an entry span.
        own: the exceptions that were recorded on it.
        handling: the exception that was being handled when the span started.
    """
    exception = sys.exc_info()[1]
    if span.kind is not SpanKind.SERVER or exception is None or not ends_abnormally(exception):
        return
    number = number_of(exception)
    if number != handling and all(one.number != number for one in own):
        yield _recorded(span, synthesize(exception))


def ends_abnormally(exception: BaseException) -> bool:
    """Whether an exception that is not an `Exception` means that a request has failed.

    Cancellation and the closing of a generator are how requests end whose client hangs up, and `SystemExit`
    without a code is how a process ends.

    Args:
        exception: it leaves the request.
    """
    if isinstance(exception, SystemExit):
        return exception.code not in (None, 0)
    return not isinstance(exception, Exception | CancelledError | GeneratorExit)
