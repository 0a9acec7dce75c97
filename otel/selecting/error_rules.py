"""The rules that decide which exceptions on spans are errors, as pure functions (`otel.md` section 5).

An entry span is a request, a task or a script. While it is open, exceptions are recorded on it and on the
spans inside it. An error is the exception object, however often it is recorded. What is an error, and whether
it was handled, is decided when the entry span ends:

=====================================================  ==========================================  =========
recorded                                               entry span                                  judged
=====================================================  ==========================================  =========
any of the next five                                   a call (`CLIENT`, `PRODUCER`)               no error
any of the next five                                   HTTP status 300 to 499                      no error
passed through the entry span                          any other                                   unhandled
seen by the framework (`remember_exception`)           failed, with 5xx or without an HTTP status  unhandled
on the entry span, last                                HTTP status 5xx, Celery's state `FAILURE`   unhandled
on the entry span, by its instrumentation              failed, without an HTTP status              unhandled
passed through inner spans, none on the entry span     failed, with 5xx or without an HTTP status  unhandled
passed through inner spans only                        any other                                   no error
any of these                                           marked as expected                          no error
by `record_exception`, on a span with error status     any; but the span is not one that another   handled
                                                       exception has ended
by `record_exception`, on a span without error status  any                                         no error
by a log record with severity `ERROR` or above         any                                         unknown
any, an exception that was reported before             any                                         no error
=====================================================  ==========================================  =========

On a span inside an entry span that has been open for long, or has already ended, nobody waits for the end:
`judge_inner` reports what was recorded deliberately, and what passes through a span whose entry span is gone.
"""

from __future__ import annotations

from collections.abc import Container, Hashable, Sequence
from dataclasses import dataclass, replace

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from otel.exceptions import ExceptionSnapshot, raise_site
from otel.mapping.errors import http_status
from otel.selecting._sightings import RecordedBy

__all__ = ["Entry", "Judgment", "RecordedException", "judge_entry", "judge_inner", "recorded_by_hand"]


@dataclass(frozen=True, slots=True, eq=False)
class RecordedException:
    """An exception that was recorded on a span.

    Args:
        span: where it was recorded.
        event: the span event.
        number: identifies the exception.
        live: the exception with its frames, if the exception object was seen.
        by: who recorded it.
    """

    span: ReadableSpan
    event: Event
    number: Hashable
    live: ExceptionSnapshot | None
    by: RecordedBy

    def is_same(self, other: RecordedException) -> bool:
        """Whether both are the same exception; one that is known as text is identified by its raise site.

        Args:
            other: recorded on the same request or task.
        """
        if self.number == other.number:
            return True
        return (
            self.live is None and other.live is not None and self.number == raise_site(other.live.exceptions)
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of an entry span when it ends.

    Args:
        span: the entry span.
        own: the exceptions that were recorded on it.
        passed: the exceptions that passed through spans inside it, or that an instrumentation recorded there.
        by_hand: the exceptions that were recorded deliberately on spans inside it.
        logged: the exceptions that were logged while it was open.
        remembered: the exception that the framework saw, which its instrumentation may not record.
        is_expected: whether the exception that ends the entry is part of the protocol, such as a task's
            retry.
        reported: the numbers of the errors that were already reported.
    """

    span: ReadableSpan
    own: Sequence[RecordedException] = ()
    passed: Sequence[RecordedException] = ()
    by_hand: Sequence[RecordedException] = ()
    logged: Sequence[RecordedException] = ()
    remembered: RecordedException | None = None
    is_expected: bool = False
    reported: Container[Hashable] = ()


@dataclass(frozen=True, slots=True)
class Judgment:
    """The errors among recorded exceptions.

    Args:
        fatal: the exception that ended the span, if it is an error.
        handled: errors that were recorded deliberately.
        logged: other errors that were logged; whether they were handled is unknown.
    """

    fatal: RecordedException | None = None
    handled: Sequence[RecordedException] = ()
    logged: Sequence[RecordedException] = ()


def judge_entry(entry: Entry) -> Judgment:
    """Return the errors of an entry span that has ended.

    Args:
        entry: what is known of it.
    """
    fatal = _fatal(entry)
    if fatal is None:
        handled = _new([*entry.by_hand, *recorded_by_hand(entry.own)], entry.reported)
        return Judgment(None, handled, _only_logged(entry, handled))
    error = None
    if not entry.is_expected and fatal.number not in entry.reported:
        recorded = [*entry.passed, *entry.by_hand, *entry.own]
        innermost = next((one for one in recorded if one.number == fatal.number), fatal)
        # The entry span saw the outermost frames as well.
        error = replace(innermost, live=fatal.live or innermost.live)
    handled = _new([one for one in entry.by_hand if one.number != fatal.number], entry.reported)
    return Judgment(error, handled, _only_logged(entry, [fatal, *handled]))


def judge_inner(
    recorded: Sequence[RecordedException], *, has_entry: bool, reported: Container[Hashable] = ()
) -> Judgment:
    """Return the errors of an inner span that cannot wait for the end of its entry span.

    Args:
        recorded: the exceptions on the span.
        has_entry: whether the entry span is open. If it ended first, as that of a request whose response is
            streamed, an exception that passes through the span is not handled by anybody.
        reported: the numbers of the errors that were already reported.
    """
    fatal = None if has_entry else _last_passed(recorded)
    if fatal is not None and fatal.number in reported:
        fatal = None
    return Judgment(fatal, _new(recorded_by_hand(recorded), reported))


def recorded_by_hand(recorded: Sequence[RecordedException]) -> list[RecordedException]:
    """Return the exceptions that were recorded deliberately on a span with error status.

    If an exception passed through the span, the status is that one's.

    Args:
        recorded: the exceptions on a span.
    """
    if _last_passed(recorded) is not None:
        return []
    return [
        one
        for one in recorded
        if one.by is RecordedBy.DEVELOPER and one.span.status.status_code is StatusCode.ERROR
    ]


def _fatal(entry: Entry) -> RecordedException | None:
    """Return the exception that ended an entry span."""
    attributes = entry.span.attributes or {}
    status = http_status(attributes)
    # The caller of a failed call may handle it; if not, it shows elsewhere.
    is_call = entry.span.kind in (SpanKind.CLIENT, SpanKind.PRODUCER)
    if is_call or (status is not None and 300 <= status < 500):
        return None
    passed = _last_passed(entry.own)
    code = entry.span.status.status_code
    has_failed = code is StatusCode.ERROR if status is None else status >= 500
    if not has_failed:
        # A response that breaks after its status was sent keeps that status.
        return None if code is StatusCode.OK else passed
    if entry.remembered is not None:
        return entry.remembered
    if passed is not None:
        return passed
    if not entry.own:
        return entry.passed[-1] if entry.passed else None
    if status is not None or attributes.get("celery.state") == "FAILURE":
        return entry.own[-1]
    return next((one for one in reversed(entry.own) if one.by is RecordedBy.INSTRUMENTATION), None)


def _last_passed(recorded: Sequence[RecordedException]) -> RecordedException | None:
    return next((one for one in reversed(recorded) if one.by is RecordedBy.SPAN), None)


def _only_logged(entry: Entry, others: Sequence[RecordedException]) -> list[RecordedException]:
    """Return the logged exceptions that are not errors of another kind, and not refused by a 4xx."""
    status = http_status(entry.span.attributes or {})
    refused = entry.own if status is not None and 300 <= status < 500 else []
    known = [*others, *refused]
    return _new(
        [one for one in entry.logged if not any(one.is_same(other) for other in known)], entry.reported
    )


def _new(recorded: Sequence[RecordedException], reported: Container[Hashable]) -> list[RecordedException]:
    found: dict[Hashable, RecordedException] = {}
    for one in recorded:
        if one.number not in reported:
            found.setdefault(one.number, one)
    return list(found.values())
