"""Logged exceptions: the same error as the one that ends the request, or one whose handling is unknown."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.trace import SpanKind

from otel import pipeline, record_error
from otel.testing import CapturedEvents
from tests.otel.shop import shop

tracer = trace.get_tracer("tests")


@pytest.fixture
def captured() -> Iterator[CapturedEvents]:
    with shop() as captured:
        yield captured


@pytest.fixture
def log(captured: CapturedEvents) -> Iterator[logging.Logger]:
    """A logger whose records become OpenTelemetry's."""
    running = pipeline.running()
    assert running is not None
    handler = LoggingHandler(logger_provider=running.logger_provider)
    logger = logging.getLogger("tests.logged")
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)


@contextmanager
def request(status: int = 200) -> Iterator[None]:
    attributes = {"http.status_code": status}
    with (
        suppress(LookupError),
        tracer.start_as_current_span("GET /", kind=SpanKind.SERVER, attributes=attributes),
    ):
        yield


def fail() -> None:
    raise LookupError


def errors(captured: CapturedEvents) -> list[tuple[Any, Any]]:
    found = [one.properties for one in captured.named("$exception")]
    return [(one.get("handled"), one["$exception_list"][0]["mechanism"]["type"]) for one in found]


def test_an_exception_that_is_only_logged_is_an_error_of_unknown_handling(
    captured: CapturedEvents, log: logging.Logger
) -> None:
    with request():
        try:
            fail()
        except LookupError:
            log.exception("an item is missing")
    assert errors(captured) == [(None, "logger")]
    (occurred,) = captured.named("shop_failed")
    assert "handled" not in occurred.properties


def test_an_exception_that_is_logged_and_raised_again_is_one_unhandled_error(
    captured: CapturedEvents, log: logging.Logger
) -> None:
    with request(500):
        try:
            fail()
        except LookupError:
            log.exception("an item is missing")
            raise
    assert errors(captured) == [(False, "middleware")]


def test_an_exception_that_is_logged_and_reported_is_one_handled_error(
    captured: CapturedEvents, log: logging.Logger
) -> None:
    with request():
        try:
            fail()
        except LookupError as error:
            log.exception("an item is missing")
            record_error(error)
    assert errors(captured) == [(True, "generic")]


def test_an_exception_that_the_server_logs_after_the_request_is_the_same_error(
    captured: CapturedEvents, log: logging.Logger
) -> None:
    try:
        with tracer.start_as_current_span("GET /", kind=SpanKind.SERVER):
            fail()
    except LookupError as error:
        log.exception("Exception in the application", exc_info=error)
    assert errors(captured) == [(False, "middleware")]


def test_two_logged_exceptions_of_one_type_are_two_errors(
    captured: CapturedEvents, log: logging.Logger
) -> None:
    with request():
        for _ in range(2):
            try:
                fail()
            except LookupError:
                log.exception("an item is missing")
    assert len(errors(captured)) == 2


def test_more_logged_exceptions_than_wait_for_the_request_arrive_all_the_same(
    captured: CapturedEvents, log: logging.Logger
) -> None:
    with request():
        for _ in range(20):
            try:
                fail()
            except LookupError:
                log.exception("an item is missing")
    assert sum(one.properties["occurrences"] for one in captured.named("$exception")) == 20


def test_what_is_logged_below_error_or_without_an_exception_is_not_an_error(
    captured: CapturedEvents, log: logging.Logger
) -> None:
    with request():
        log.error("no exception")
        try:
            fail()
        except LookupError:
            log.warning("an item is missing", exc_info=True)
    assert errors(captured) == []


def test_an_exception_that_a_4xx_refuses_is_not_an_error_when_it_is_logged(
    captured: CapturedEvents, log: logging.Logger
) -> None:
    with request(404):
        try:
            fail()
        except LookupError:
            log.exception("not found")
            raise
    assert errors(captured) == []
