"""The entry spans, and what is certain about their exceptions when a span ends."""

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

from otel.exceptions import BY_HAND, BY_LOGGER, Hook, hook_of
from otel.mapping.errors import ErrorRecord, http_status
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

__all__ = [
    "EntrySpan",
    "ReportedErrors",
    "end_entry",
    "end_inner",
    "ends_abnormally",
    "error_of",
    "errors_of",
    "recorded_as",
    "remember_answered",
]

# How many exceptions that passed through inner spans are kept for the entry span that they may end: the last
# ones, because such an exception is still on its way.
_MAX_PASSED = 16
# How many errors that were recorded deliberately wait for the end of a request; further ones do not wait.
_MAX_BY_HAND = 100
# How many logged exceptions wait for the end of an entry span, which shows whether one of them ended it.
_MAX_LOGGED = 16
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
    logged: deque[RecordedException] = field(default_factory=deque)
    remembered: RecordedException | None = None
    is_expected: bool = False

    @property
    def is_clean(self) -> bool:
        """Whether no exception is known that the end of the entry span has to judge."""
        return not (
            self.passed or self.by_hand or self.logged or self.remembered or sys.exc_info()[1] is not None
        )

    def keep_logged(self, one: RecordedException) -> list[RecordedException]:
        """Keep an exception that was logged; return those that cannot wait any more.

        Args:
            one: the exception.
        """
        self.logged.append(one)
        return [self.logged.popleft()] if len(self.logged) > _MAX_LOGGED else []

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
        for one in (*filter(None, [judgment.fatal]), *judgment.handled, *judgment.logged):
            self._reported[one.number] = self._trace_id
        if len(self._reported) > _MAX_REPORTED:
            for oldest in list(self._reported)[: _MAX_REPORTED // 10]:
                self._reported.pop(oldest, None)


def remember_answered(entry: EntrySpan, span: ReadableSpan) -> None:
    """Keep the exception that an ASGI framework answers with 5xx.

    Starlette sends the response of an exception handler while it handles the exception, and the
    instrumentation creates a span for sending it.

    Args:
        entry: an open entry span.
        span: a span inside it, which has ended and began while an exception was being handled.
    """
    attributes = span.attributes or {}
    exception = sys.exc_info()[1]
    is_start = attributes.get("asgi.event.type") == "http.response.start"
    if is_start and exception is not None and (http_status(attributes) or 0) >= 500:
        entry.remembered = recorded_as(entry.span, synthesize(exception))


def end_inner(
    span: ReadableSpan,
    entry: EntrySpan | None,
    recorded: list[RecordedException],
    identity: Mapping[str, Any] | None,
    reported: ReportedErrors,
) -> Iterator[tuple[ReadableSpan, ErrorRecord]]:
    """Yield the errors that are certain when a span inside an entry span ends; the others wait for its end.

    Args:
        span: ended.
        entry: its entry span, if it is known.
        recorded: the exceptions on the span.
        identity: the identity attributes of the current request or task, if there is one.
        reported: the errors that were already reported.
    """
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
    yield from errors_of(judgment, about, ended=span)


def end_entry(
    span: ReadableSpan,
    entry: EntrySpan,
    own: list[RecordedException],
    handling: int | None,
    reported: ReportedErrors,
) -> Iterator[tuple[ReadableSpan, ErrorRecord]]:
    """Yield the errors of an entry span that has ended.

    Args:
        span: ended.
        entry: what was kept for its end.
        own: the exceptions on the span.
        handling: the number of the exception that was being handled when the span started.
        reported: the errors that were already reported.
    """
    own += _unrecorded(span, own, handling)
    judgment = judge_entry(
        Entry(
            span,
            own,
            entry.passed,
            entry.by_hand,
            entry.logged,
            entry.remembered,
            entry.is_expected,
            reported,
        )
    )
    reported.add(judgment)
    yield from errors_of(judgment, span.attributes or {}, ended=span)


def errors_of(
    judgment: Judgment, about: Mapping[str, Any], *, ended: ReadableSpan
) -> Iterator[tuple[ReadableSpan, ErrorRecord]]:
    """Yield the errors of a judgment, with their spans.

    Args:
        judgment: what is certain.
        about: the attributes of the entry span.
        ended: the span that has ended.
    """
    if judgment.fatal is not None:
        yield error_of(judgment.fatal, about, hook_of(ended), is_handled=False)
    for one in judgment.handled:
        yield error_of(one, about, BY_HAND, is_handled=True)
    for one in judgment.logged:
        yield error_of(one, about, BY_LOGGER, is_handled=None)


def error_of(
    one: RecordedException, about: Mapping[str, Any], hook: Hook, *, is_handled: bool | None
) -> tuple[ReadableSpan, ErrorRecord]:
    """Return an error with its span.

    Args:
        one: the exception.
        about: the attributes of the entry span.
        hook: the hook that caught it.
        is_handled: whether the product continued; None if unknown.
    """
    return one.span, ErrorRecord(envelope_of(one.span, one.event), dict(about), is_handled, hook, one.live)


def recorded_as(
    span: ReadableSpan, event: Event, exception: BaseException | None = None
) -> RecordedException:
    return RecordedException(span, event, *sighting_of(event, exception))


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
        yield recorded_as(span, synthesize(exception))


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
