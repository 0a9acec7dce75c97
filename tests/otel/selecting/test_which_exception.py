"""An error is the exception object, however often it is recorded and whatever its type and message are."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from otel import record_error
from tests.otel.shop import shop

Errors = list[tuple[str, Any, str]]

tracer = trace.get_tracer("tests")


class ChangingError(Exception):
    """An exception whose text differs each time."""

    texts = iter(range(1_000_000))

    def __str__(self) -> str:
        return f"asked {next(self.texts)} times"


class UnspeakableError(Exception):
    def __str__(self) -> str:
        msg = "not to be spoken of"
        raise RuntimeError(msg)


def first() -> None:
    raise TimeoutError


def second() -> None:
    raise TimeoutError


def _request(**attributes: Any) -> Any:
    named = {name.replace("__", "."): value for name, value in attributes.items()}
    return tracer.start_as_current_span("GET /", kind=SpanKind.SERVER, attributes=named)


def _errors(act: Callable[[], object]) -> Errors:
    """Return the errors of a program: the type, whether handled, and the function that raised it."""
    with shop() as captured:
        with suppress(Exception, SystemExit, KeyboardInterrupt):
            act()
        return sorted(_each(captured.named("$exception")))


def _each(captures: Any) -> Iterator[tuple[str, Any, str]]:
    for one in captures:
        (outermost, *_) = one.properties["$exception_list"]
        raised_in = outermost["stacktrace"]["frames"][-1]["function"]
        for _ in range(one.properties["occurrences"]):
            yield outermost["type"], one.properties["handled"], raised_in


def test_two_exceptions_of_one_type_are_two_errors() -> None:
    def act() -> None:
        with _request():
            try:
                first()
            except TimeoutError as error:
                record_error(error)
            second()

    assert _errors(act) == [("TimeoutError", False, "second"), ("TimeoutError", True, "first")]


def test_an_error_has_the_span_of_its_own_exception() -> None:
    with shop() as captured, suppress(TimeoutError), _request():
        with suppress(TimeoutError), tracer.start_as_current_span("caught") as caught:
            first()
        with tracer.start_as_current_span("fatal") as fatal:
            second()
    (error,) = captured.named("$exception")
    assert error.properties["$span_id"] == f"{fatal.get_span_context().span_id:016x}"
    assert error.properties["$span_id"] != f"{caught.get_span_context().span_id:016x}"


@pytest.mark.parametrize("count", [3, 250])
def test_equal_exceptions_count_one_each(count: int) -> None:
    def act() -> None:
        with _request():
            for _ in range(count):
                with suppress(TimeoutError):
                    try:
                        first()
                    except TimeoutError as error:
                        record_error(error)

    assert _errors(act) == count * [("TimeoutError", True, "first")]


def test_an_exception_that_is_recorded_again_is_one_error() -> None:
    def act() -> None:
        with _request():
            try:
                first()
            except TimeoutError as error:
                record_error(error)
                record_error(error)

    assert _errors(act) == [("TimeoutError", True, "first")]


def test_an_exception_that_is_raised_by_each_request_is_an_error_of_each() -> None:
    constant = TimeoutError()

    def act() -> None:
        for _ in range(2):
            with suppress(TimeoutError), _request():
                raise constant

    assert _errors(act) == 2 * [("TimeoutError", False, "act")]


@pytest.mark.parametrize("error", [ChangingError, UnspeakableError])
def test_the_text_of_an_exception_does_not_matter(error: type[Exception]) -> None:
    def act() -> None:
        with _request(http__status_code=500), tracer.start_as_current_span("inner"):
            raise error

    assert _errors(act) == [(error.__name__, False, "act")]


@pytest.mark.parametrize("travel", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_exception_that_travelled_to_another_request_is_an_error_there(travel: Any) -> None:
    def act() -> None:
        arrived = []
        with suppress(TimeoutError), _request():
            try:
                first()
            except TimeoutError as error:
                arrived.append(travel(error))
                raise
        with suppress(TimeoutError), _request():
            raise arrived.pop()

    assert _errors(act) == [("TimeoutError", False, "act"), ("TimeoutError", False, "first")]


def test_a_thread_that_outlives_its_request_reports_and_fails() -> None:
    def work() -> None:
        with suppress(TimeoutError), tracer.start_as_current_span("in the background"):
            with suppress(TimeoutError):
                try:
                    first()
                except TimeoutError as error:
                    record_error(error)
            with tracer.start_as_current_span("deeper"):
                second()

    def act() -> None:
        answered = threading.Event()
        with _request():
            context = contextvars.copy_context()
            thread = threading.Thread(target=lambda: answered.wait(10) and context.run(work))
            thread.start()
        answered.set()
        thread.join()

    assert _errors(act) == [("TimeoutError", False, "second"), ("TimeoutError", True, "first")]


def test_an_asyncio_task_that_outlives_its_request_reports_and_fails() -> None:
    async def work(answered: asyncio.Event) -> None:
        with suppress(TimeoutError), tracer.start_as_current_span("in the background"):
            await answered.wait()
            try:
                first()
            except TimeoutError as error:
                record_error(error)
            second()

    async def serve() -> None:
        answered = asyncio.Event()
        with _request():
            task = asyncio.create_task(work(answered))
            await asyncio.sleep(0)
        answered.set()
        await task

    assert _errors(lambda: asyncio.run(serve())) == [
        ("TimeoutError", False, "second"),
        ("TimeoutError", True, "first"),
    ]


def test_a_response_that_breaks_after_its_status_was_sent_is_an_error() -> None:
    def act() -> None:
        with _request(http__status_code=200):
            first()

    assert _errors(act) == [("TimeoutError", False, "first")]


def test_the_exception_that_the_instrumentation_records_for_a_500_is_an_error() -> None:
    def act() -> None:
        with _request() as span:
            try:
                first()
            except TimeoutError as error:
                span.record_exception(error)
                span.set_status(Status(StatusCode.ERROR, "TimeoutError: "))
            span.set_attribute("http.status_code", 500)

    assert _errors(act) == [("TimeoutError", False, "first")]


@pytest.mark.parametrize(
    ("kind", "error", "is_error"),
    [
        (SpanKind.SERVER, SystemExit(1), True),
        (SpanKind.SERVER, SystemExit(0), False),
        (SpanKind.SERVER, SystemExit(), False),
        (SpanKind.SERVER, KeyboardInterrupt(), True),
        (SpanKind.CONSUMER, SystemExit(1), False),
        (SpanKind.SERVER, GeneratorExit(), False),
        (SpanKind.SERVER, asyncio.CancelledError(), False),
        (SpanKind.INTERNAL, SystemExit(1), False),
        (SpanKind.INTERNAL, KeyboardInterrupt(), False),
    ],
    ids=str,
)
def test_what_ends_a_request_without_being_an_exception_is_an_error_if_it_is_abnormal(
    kind: SpanKind, error: BaseException, is_error: bool
) -> None:
    def act() -> None:
        with suppress(BaseException), tracer.start_as_current_span("entry", kind=kind):
            raise error

    assert _errors(act) == ([(type(error).__name__, False, "act")] if is_error else [])


# What happens to the exceptions of a request, one after the other.
_steps = st.lists(st.sampled_from(["caught inside", "recorded", "recorded twice", "noted"]), max_size=8)


@given(steps=_steps, is_fatal=st.booleans(), is_alike=st.booleans())
def test_the_sum_of_occurrences_equals_the_number_of_errors(
    steps: list[str], is_fatal: bool, is_alike: bool
) -> None:
    def fail(number: int) -> None:
        raise (TimeoutError if is_alike else (OSError, ValueError, LookupError)[number % 3])

    def happen(number: int, step: str) -> None:
        if step == "caught inside":
            with suppress(Exception), tracer.start_as_current_span("inner"):
                fail(number)
            return
        try:
            fail(number)
        except (OSError, ValueError, LookupError) as error:
            if step == "noted":
                trace.get_current_span().record_exception(error)
                return
            for _ in range(2 if step == "recorded twice" else 1):
                record_error(error)

    def act() -> None:
        with _request():
            for number, step in enumerate(steps):
                happen(number, step)
            if is_fatal:
                fail(len(steps))

    handled = [one[1] for one in _errors(act)]
    assert handled.count(True) == sum(step.startswith("recorded") for step in steps)
    assert handled.count(False) == is_fatal
