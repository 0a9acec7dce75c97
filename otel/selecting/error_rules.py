"""The rules that decide which exceptions on spans are errors, as pure functions (`otel.md` section 5).

An entry span is a request, a task or a script. While it is open, exceptions are recorded on it and on the
spans inside it. What is an error, and whether it was handled, is decided when the entry span ends:

===================================================  ===========================================  ============
recorded                                             entry span                                   judged
===================================================  ===========================================  ============
passed through the entry span                        failed, with 5xx or without an HTTP status   unhandled
passed through the entry span                        HTTP status below 500                        no error
passed through the entry span                        marked as expected                           no error
passed through inner spans only                      any                                          no error
seen by the framework (`remember_exception`)         failed, with 5xx or without an HTTP status   unhandled
by Celery's instrumentation, last                    state `FAILURE`                              unhandled
by `record_exception`, on a span with error status   any                                          handled
by `record_exception`, without error status          any                                          no error
any, of a kind that was reported before              any                                          no error
===================================================  ===========================================  ============

On a span inside an entry span that has been open for long, or has already ended, nobody waits for the end:
`judge_inner` reports what was recorded deliberately, and what passes through a span whose entry span is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import StatusCode

from otel.exceptions import ExceptionSnapshot
from otel.mapping.errors import http_status

__all__ = ["Entry", "Judgment", "Kind", "RecordedException", "judge_entry", "judge_inner", "kind_of"]

Kind = tuple[str, str]
"""The type and the message of an exception, which identify it across the spans that it passes through."""


@dataclass(frozen=True, slots=True, eq=False)
class RecordedException:
    """An exception that was recorded on a span that has ended.

    Args:
        span: where it was recorded.
        event: the span event.
        live: the exception with its frames, if it was being handled when the span ended.
        is_deliberate: whether `record_exception` was called for it, so that it did not pass through the span.
    """

    span: ReadableSpan
    event: Event
    live: ExceptionSnapshot | None
    is_deliberate: bool

    @property
    def kind(self) -> Kind:
        """Its type and message."""
        return kind_of(self.event)

    @property
    def is_reported_by_hand(self) -> bool:
        """Whether it was recorded deliberately on a span with error status."""
        return self.is_deliberate and _has_failed(self.span)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of an entry span when it ends.

    Args:
        span: the entry span.
        own: the exceptions that were recorded on it.
        inner: the exceptions that were recorded on the spans inside it.
        remembered: the exception that the framework saw, which its instrumentation does not record live.
        is_expected: whether the exception that ends the entry is part of the protocol, such as a task's
            retry.
        reported: the kinds of errors that were already reported.
    """

    span: ReadableSpan
    own: Sequence[RecordedException] = ()
    inner: Sequence[RecordedException] = ()
    remembered: ExceptionSnapshot | None = None
    is_expected: bool = False
    reported: Sequence[Kind] = ()


@dataclass(frozen=True, slots=True)
class Judgment:
    """The errors among recorded exceptions.

    Args:
        fatal: the exception that ended the span, if it is an error.
        handled: errors that were recorded deliberately.
        reported: the kinds to report no more, here and in the entry spans around.
        expected: the kind to report no more here only; where a request runs a task itself, the exception may
            still end the request.
    """

    fatal: RecordedException | None = None
    handled: Sequence[RecordedException] = ()
    reported: Sequence[Kind] = field(default=())
    expected: Sequence[Kind] = field(default=())


def judge_entry(entry: Entry) -> Judgment:
    """Return the errors of an entry span that has ended.

    Args:
        entry: what is known of it.
    """
    everything = [*entry.inner, *entry.own]
    seen = list(entry.reported)
    fatal = _fatal(entry)
    error = None
    expected: list[Kind] = []
    reported: list[Kind] = []
    if fatal is not None and entry.is_expected:
        expected.append(fatal.kind)
        seen.append(fatal.kind)
    elif fatal is not None and fatal.kind not in seen:
        innermost = next((one for one in everything if one.kind == fatal.kind), fatal)
        # The entry span saw the outermost frames as well.
        error = replace(innermost, live=fatal.live or innermost.live)
        reported.append(fatal.kind)
        seen.append(fatal.kind)
    handled: list[RecordedException] = []
    for one in everything:
        if one.is_reported_by_hand and one.kind not in seen:
            handled.append(one)
            reported.append(one.kind)
            seen.append(one.kind)
    return Judgment(error, handled, reported, expected)


def judge_inner(recorded: Sequence[RecordedException], *, has_entry: bool) -> Judgment:
    """Return the errors of an inner span that cannot wait for the end of its entry span.

    Args:
        recorded: the exceptions on the span.
        has_entry: whether the entry span is open. If it ended first, as that of a request whose response is
            streamed, an exception that passes through the span is not handled by anybody.
    """
    if not has_entry:
        fatal = next((one for one in recorded if not one.is_deliberate), None)
        if fatal is not None:
            return Judgment(fatal)
    by_hand = [one for one in recorded if one.is_reported_by_hand]
    return Judgment(None, by_hand, [one.kind for one in by_hand])


def kind_of(event: Event) -> Kind:
    """Return the type and the message of the exception in a span event.

    Args:
        event: an `exception` event.
    """
    attributes = event.attributes or {}
    return str(attributes.get("exception.type", "")), str(attributes.get("exception.message", ""))


def _fatal(entry: Entry) -> RecordedException | None:
    """Return the exception that ended an entry span."""
    attributes = entry.span.attributes or {}
    status = http_status(attributes)
    if not entry.own or not _has_failed(entry.span) or (status is not None and status < 500):
        return None
    if entry.remembered is not None:
        for one in entry.own:
            if entry.remembered.matches(*one.kind):
                return replace(one, live=entry.remembered)
    passed = next((one for one in entry.own if not one.is_deliberate), None)
    if passed is not None:
        return passed
    # Celery's instrumentation records from a signal, where the exception is not live.
    return entry.own[-1] if attributes.get("celery.state") == "FAILURE" else None


def _has_failed(span: ReadableSpan) -> bool:
    return span.status.status_code is StatusCode.ERROR
