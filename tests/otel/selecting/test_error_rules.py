"""The table of `otel.selecting.error_rules`, row by row, and what is remembered of handled exceptions."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import SpanKind, Status, StatusCode

from otel.exceptions import ExceptionInfo, ExceptionSnapshot
from otel.selecting._sightings import RecordedBy
from otel.selecting.error_rules import Entry, Judgment, RecordedException, judge_entry, judge_inner
from tests.otel.shop import shop

FAILED, OK, GOOD = StatusCode.ERROR, StatusCode.UNSET, StatusCode.OK
LOOKUP, VALUE = "LookupError", "ValueError"
DEVELOPER, INSTRUMENTATION = RecordedBy.DEVELOPER, RecordedBy.INSTRUMENTATION


def span(status: StatusCode = FAILED, **attributes: Any) -> ReadableSpan:
    named = {name.replace("__", "."): value for name, value in attributes.items()}
    return ReadableSpan("span", attributes=named, status=Status(status))


def call() -> ReadableSpan:
    return ReadableSpan("GET", kind=SpanKind.CLIENT, status=Status(FAILED))


def exception(
    kind: str = LOOKUP,
    *,
    by: RecordedBy = RecordedBy.SPAN,
    status: StatusCode = FAILED,
    live: ExceptionSnapshot | None = None,
) -> RecordedException:
    return RecordedException(span(status), Event("exception", {"exception.type": kind}), kind, live, by)


@dataclass(frozen=True)
class Case:
    """What is recorded, and the errors it is judged to hold."""

    says: str
    entry: Entry
    unhandled: str | None = None
    handled: Sequence[str] = field(default=())


SEEN = ExceptionSnapshot((ExceptionInfo("LookupError"),), "LookupError", "gone")

CASES = (
    Case("passed through a script", Entry(span(), [exception()]), LOOKUP),
    Case("passed through a request with 500", Entry(span(http__status_code=500), [exception()]), LOOKUP),
    Case("passed through a request with 404", Entry(span(http__status_code=404), [exception()])),
    Case("passed through a request with 499", Entry(span(http__status_code=499), [exception()])),
    Case("passed through a request with 302", Entry(span(http__status_code=302), [exception()])),
    Case("passed through a request after its 200", Entry(span(http__status_code=200), [exception()]), LOOKUP),
    Case("passed through a span without a status", Entry(span(OK), [exception()]), LOOKUP),
    Case("passed through a span that the developer calls good", Entry(span(GOOD), [exception()])),
    Case("passed through a call", Entry(call(), [exception()])),
    Case("marked as expected", Entry(span(), [exception()], is_expected=True)),
    Case("passed through an inner span only", Entry(span(OK), [], [exception()])),
    Case("passed through inner spans, and the request failed", Entry(span(), [], [exception()]), LOOKUP),
    Case(
        "passed through inner spans, and the answer is 500",
        Entry(span(OK, http__status_code=500), [], [exception()]),
        LOOKUP,
    ),
    Case(
        "passed through inner spans, and the answer is 404",
        Entry(span(http__status_code=404), [], [exception()]),
    ),
    Case(
        "one passed through inner spans, another through the script",
        Entry(span(), [exception()], [exception(VALUE)]),
        LOOKUP,
    ),
    Case(
        "seen by the framework",
        Entry(span(), [exception(by=INSTRUMENTATION, status=OK)], remembered=exception()),
        LOOKUP,
    ),
    Case("seen by the framework alone", Entry(span(http__status_code=500), remembered=exception()), LOOKUP),
    Case("seen by the framework, and answered", Entry(span(http__status_code=400), remembered=exception())),
    Case(
        "by the instrumentation, with 500",
        Entry(span(OK, http__status_code=500), [exception(by=INSTRUMENTATION, status=OK)]),
        LOOKUP,
    ),
    Case("by the instrumentation of a task", Entry(span(), [exception(by=INSTRUMENTATION)]), LOOKUP),
    Case(
        "by the instrumentation of a task that is tried again",
        Entry(span(OK), [exception(by=INSTRUMENTATION, status=OK)]),
    ),
    Case("by hand, on a failed span", Entry(span(OK), [], by_hand=[exception(by=DEVELOPER)]), None, [LOOKUP]),
    Case("by hand, on a request that went on", Entry(span(OK), [exception(by=DEVELOPER, status=OK)])),
    Case(
        "by hand, on a span that another one ended",
        Entry(span(), [exception(VALUE, by=DEVELOPER), exception()]),
        LOOKUP,
    ),
    Case(
        "by hand, on a request that answers 500",
        Entry(span(http__status_code=500), [exception(VALUE, by=DEVELOPER), exception(by=DEVELOPER)]),
        LOOKUP,
    ),
    Case("by hand, on a script that fails", Entry(span(), [exception(by=DEVELOPER)]), None, [LOOKUP]),
    Case("one by hand, twice", Entry(span(OK), [], by_hand=2 * [exception(by=DEVELOPER)]), None, [LOOKUP]),
    Case("reported before", Entry(span(), [exception()], reported=[LOOKUP])),
    Case(
        "by hand, reported before", Entry(span(OK), [], by_hand=[exception(by=DEVELOPER)], reported=[LOOKUP])
    ),
    Case(
        "one by hand, and another ended the script",
        Entry(span(), [exception()], by_hand=[exception(VALUE, by=DEVELOPER)]),
        LOOKUP,
        [VALUE],
    ),
    Case(
        "one by hand, and the same ended the script",
        Entry(span(), [exception()], by_hand=[exception(by=DEVELOPER)]),
        LOOKUP,
    ),
    Case(
        "by hand, and the same is expected at the end",
        Entry(span(), [exception()], by_hand=[exception(by=DEVELOPER)], is_expected=True),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_an_entry_span_is_judged_by_the_table(case: Case) -> None:
    judgment = judge_entry(case.entry)
    assert (judgment.fatal and judgment.fatal.number) == case.unhandled
    assert [one.number for one in judgment.handled] == list(case.handled)


def test_an_error_is_placed_where_it_was_recorded_first_with_the_frames_of_the_entry_span() -> None:
    inner, own = exception(), exception(live=SEEN)
    fatal = judge_entry(Entry(span(), [own], [inner])).fatal
    assert fatal is not None
    assert (fatal.span, fatal.event, fatal.live) == (inner.span, inner.event, SEEN)


def test_an_error_keeps_the_frames_of_the_inner_span_if_the_entry_span_has_none() -> None:
    fatal = judge_entry(Entry(span(), [exception()], [exception(live=SEEN)])).fatal
    assert fatal is not None
    assert fatal.live is SEEN


@pytest.mark.parametrize(
    ("recorded", "has_entry", "unhandled", "handled"),
    [
        ([exception()], False, LOOKUP, []),
        ([exception()], True, None, []),
        ([exception(by=DEVELOPER)], False, None, [LOOKUP]),
        ([exception(by=DEVELOPER)], True, None, [LOOKUP]),
        ([exception(by=DEVELOPER, status=OK)], True, None, []),
        ([exception(VALUE, by=DEVELOPER), exception()], False, LOOKUP, []),
    ],
    ids=[
        "it passes through, and the entry span is gone",
        "it passes through, and the entry span is open",
        "by hand, and the entry span is gone",
        "by hand, and the entry span is open",
        "by hand, on a span that went on",
        "both, and the entry span is gone",
    ],
)
def test_an_inner_span_that_cannot_wait_is_judged_alone(
    recorded: list[RecordedException],
    has_entry: bool,
    unhandled: str | None,
    handled: list[str],
) -> None:
    judgment: Judgment = judge_inner(recorded, has_entry=has_entry)
    assert (judgment.fatal and judgment.fatal.number) == unhandled
    assert [one.number for one in judgment.handled] == handled


def test_a_job_that_begins_in_a_handler_and_fails_by_another_exception_is_unhandled() -> None:
    # CPython puts the second exception where the first one was; an `id()` would take it for the first one.
    with shop() as captured:
        job = trace.get_tracer("tests").start_as_current_span("job")
        try:
            raise ValueError("first try")
        except ValueError:
            job.__enter__()
        _fail_again(job)
        assert [one.properties["handled"] for one in captured.named("$exception")] == [False]


def _fail_again(job: Any) -> None:
    try:
        raise ValueError("second try")
    except ValueError:
        with suppress(ValueError):
            job.__exit__(*sys.exc_info())


def test_a_job_that_begins_in_a_handler_and_records_its_exception_has_handled_it() -> None:
    with shop() as captured:
        try:
            raise ValueError("first try")
        except ValueError as error:
            with trace.get_tracer("tests").start_as_current_span("job") as span:
                span.record_exception(error)
                span.set_status(Status(StatusCode.ERROR, f"ValueError: {error}"))
        assert [one.properties["handled"] for one in captured.named("$exception")] == [True]
