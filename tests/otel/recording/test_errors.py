"""Errors: exceptions that end a request, a task or a script, and recorded ones, each reported once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from otel import Identity, record_error
from otel.delivery.error_limiter import FIRST
from otel.mapping.identify import SYSTEM_ID
from otel.testing import CapturedEvents
from tests.otel.shop import shop

tracer = trace.get_tracer("tests")

SESSION = "0190f5b0-2222-7000-8000-000000000002"


@pytest.fixture
def captured() -> Iterator[CapturedEvents]:
    with shop() as events:
        yield events


def errors(captured: CapturedEvents) -> list[tuple[str, bool, object]]:
    """Check that both events of each error agree; return its type, handled flag and span id."""
    exceptions, failures = captured.named("$exception"), captured.named("shop_failed")
    for exception, failure in zip(exceptions, failures, strict=True):
        for name in failure.properties:
            assert exception.properties[name] == failure.properties[name]
        assert exception.properties["$exception_list"][0]["type"] == failure.properties["error_type"]
        assert exception.timestamp == failure.timestamp
    return [
        (one.properties["error_type"], one.properties["handled"], one.properties["$span_id"])
        for one in failures
    ]


def span_id(span: trace.Span) -> str:
    return f"{span.get_span_context().span_id:016x}"


def test_an_exception_that_ends_a_script_is_one_error(captured: CapturedEvents) -> None:
    with suppress(ValueError), tracer.start_as_current_span("script") as span:
        raise ValueError("it ended")
    assert errors(captured) == [("ValueError", False, span_id(span))]


def test_an_exception_through_nested_spans_is_one_error_from_the_innermost(captured: CapturedEvents) -> None:
    with (
        suppress(ValueError),
        tracer.start_as_current_span("request", kind=SpanKind.SERVER) as entry,
        tracer.start_as_current_span("middle"),
        tracer.start_as_current_span("innermost") as innermost,
    ):
        entry.set_attribute("http.response.status_code", 500)
        raise ValueError("deep down")
    assert errors(captured) == [("ValueError", False, span_id(innermost))]
    assert captured.named("shop_failed")[0].properties["status_code"] == 500
    functions = [
        frame["function"] for frame in captured[0].properties["$exception_list"][0]["stacktrace"]["frames"]
    ]
    assert functions[-1] == "test_an_exception_through_nested_spans_is_one_error_from_the_innermost"


def test_an_exception_that_is_handled_in_an_outer_span_is_not_an_error(captured: CapturedEvents) -> None:
    with tracer.start_as_current_span("request", kind=SpanKind.SERVER) as entry:
        with suppress(ValueError), tracer.start_as_current_span("inner"):
            raise ValueError("handled")
        entry.set_attribute("http.response.status_code", 200)
    assert list(captured) == []


@pytest.mark.parametrize("status", [400, 403, 404])
def test_an_exception_that_becomes_a_4xx_response_is_not_an_error(
    captured: CapturedEvents, status: int
) -> None:
    with suppress(LookupError), tracer.start_as_current_span("request", kind=SpanKind.SERVER) as entry:
        entry.set_attribute("http.response.status_code", status)
        raise LookupError("not here")
    assert list(captured) == []


def test_a_failed_call_to_another_service_is_not_an_error(captured: CapturedEvents) -> None:
    with tracer.start_as_current_span("request", kind=SpanKind.SERVER):
        with suppress(OSError), tracer.start_as_current_span("GET", kind=SpanKind.CLIENT):
            raise OSError("refused")
        with suppress(OSError), tracer.start_as_current_span("publish", kind=SpanKind.PRODUCER):
            raise OSError("refused")
    assert list(captured) == []


def test_the_exception_that_replaces_another_is_the_error(captured: CapturedEvents) -> None:
    with suppress(LookupError), tracer.start_as_current_span("request", kind=SpanKind.SERVER) as entry:
        entry.set_attribute("http.status_code", 503)
        try:
            with tracer.start_as_current_span("inner"):
                raise KeyError("k")
        except KeyError as error:
            raise LookupError("replaced") from error
    assert errors(captured) == [("LookupError", False, span_id(entry))]
    assert [one["type"] for one in captured[0].properties["$exception_list"]] == ["LookupError", "KeyError"]


def test_an_exception_recorded_with_an_error_status_is_a_handled_error(captured: CapturedEvents) -> None:
    with (
        tracer.start_as_current_span("request", kind=SpanKind.SERVER),
        tracer.start_as_current_span("inner") as inner,
    ):
        inner.record_exception(ValueError("handled"))
        inner.set_status(StatusCode.ERROR)
    assert errors(captured) == [("ValueError", True, span_id(inner))]


def test_an_exception_recorded_without_an_error_status_is_not_an_error(captured: CapturedEvents) -> None:
    with tracer.start_as_current_span("request", kind=SpanKind.SERVER) as entry:
        entry.record_exception(ValueError("harmless"))
    assert list(captured) == []


def test_an_error_recorded_in_its_handler_is_handled(captured: CapturedEvents) -> None:
    with tracer.start_as_current_span("request", kind=SpanKind.SERVER) as entry:
        entry.set_attribute("http.response.status_code", 200)
        try:
            raise ValueError("handled")
        except ValueError as error:
            record_error(error)
    ((kind, handled, _),) = errors(captured)
    assert (kind, handled) == ("ValueError", True)


def test_an_error_recorded_and_raised_again_is_one_unhandled_error(captured: CapturedEvents) -> None:
    with suppress(ValueError), tracer.start_as_current_span("request", kind=SpanKind.SERVER) as entry:
        entry.set_attribute("http.response.status_code", 500)
        try:
            raise ValueError("too much")
        except ValueError as error:
            record_error(error)
            raise
    assert [(kind, handled) for kind, handled, _ in errors(captured)] == [("ValueError", False)]


def test_an_exception_that_ends_a_task_and_its_request_is_one_error(captured: CapturedEvents) -> None:
    with (
        suppress(ValueError),
        tracer.start_as_current_span("request", kind=SpanKind.SERVER) as entry,
        tracer.start_as_current_span("run/task", kind=SpanKind.CONSUMER) as task,
    ):
        entry.set_attribute("http.response.status_code", 500)
        raise ValueError("both")
    assert errors(captured) == [("ValueError", False, span_id(task))]


def test_errors_beyond_the_first_few_of_a_kind_are_counted_and_the_sum_is_exact(
    captured: CapturedEvents,
) -> None:
    for number in range(100):
        with suppress(ValueError), tracer.start_as_current_span("request", kind=SpanKind.SERVER):
            raise ValueError(f"order {number} failed")
    with suppress(KeyError), tracer.start_as_current_span("request", kind=SpanKind.SERVER):
        raise KeyError("another kind")
    for name in ("$exception", "shop_failed"):
        of_kind = [one for one in captured.named(name) if one.properties["error_type"] == "ValueError"]
        assert len(of_kind) == FIRST + 1
        assert sum(one.properties["occurrences"] for one in of_kind) == 100
        assert len({one.uuid for one in of_kind}) == FIRST + 1
    assert (
        len([one for one in captured.named("shop_failed") if one.properties["error_type"] == "KeyError"]) == 1
    )


def test_the_identity_given_for_an_error_takes_precedence_over_the_requests(
    captured: CapturedEvents,
) -> None:
    request = {"user.id": "u1", "shop.team.id": "t1", "session.id": SESSION}
    with tracer.start_as_current_span("request", kind=SpanKind.SERVER, attributes=request):
        record_error(ValueError("for a team"), identity=Identity(groups={"team": "t2"}), view_name="ours")
        record_error(ValueError("for a person"), identity=Identity("u2"))
    system, person = captured.named("$exception")
    assert (system.distinct_id, system.properties["$groups"]) == (SYSTEM_ID, {"team": "t2"})
    assert system.properties["view_name"] == "ours"
    assert person.distinct_id == "u2"
    assert not [one for one in (system, person) if "$session_id" in one.properties]
    assert "$groups" not in person.properties


@pytest.mark.parametrize(
    ("scope", "kind", "source", "mechanism"),
    [
        ("opentelemetry.instrumentation.django", SpanKind.SERVER, "django.middleware", "middleware"),
        ("opentelemetry.instrumentation.celery", SpanKind.CONSUMER, "celery.task_failure", "task"),
        ("opentelemetry.instrumentation.fastapi", SpanKind.SERVER, "fastapi.exception_handler", "middleware"),
        ("opentelemetry.instrumentation.flask", SpanKind.SERVER, "flask.got_request_exception", "middleware"),
        ("opentelemetry.instrumentation.asgi", SpanKind.SERVER, "asgi.middleware", "middleware"),
        ("io.opentelemetry.django", SpanKind.SERVER, None, "middleware"),
        ("shop", SpanKind.CONSUMER, None, "task"),
        ("shop", SpanKind.INTERNAL, None, "generic"),
    ],
)
def test_an_error_names_what_caught_it_in_posthogs_terms(
    captured: CapturedEvents, scope: str, kind: SpanKind, source: str | None, mechanism: str
) -> None:
    with suppress(ValueError), trace.get_tracer(scope).start_as_current_span("entry", kind=kind):
        raise ValueError("it ended")
    (issue,) = captured.named("$exception")
    assert issue.properties.get("$exception_source") == source
    assert issue.properties["$exception_list"][0]["mechanism"]["type"] == mechanism


def test_type_and_message_are_truncated_to_posthogs_byte_limits(captured: CapturedEvents) -> None:
    named = type("Fehler" + "ä" * 200, (ValueError,), {})
    with suppress(ValueError), tracer.start_as_current_span("script"):
        raise named("ü" * 4_000 + "𝄞" * 4_000)
    (issue,) = captured.named("$exception")
    (entry,) = issue.properties["$exception_list"]
    assert 250 <= len(entry["type"].encode()) <= 255
    assert len(entry["value"].encode()) <= 10_000
