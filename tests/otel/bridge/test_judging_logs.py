"""Log records of programs without our pipeline: one error for each exception, whatever shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from otel.inspector.running import RunningInspector
from tests.otel.bridge.test_logs import post_logs, record
from tests.otel.bridge.test_traces import WHEN, pairs
from tests.otel.bridge.traces import (
    END,
    HEADER,
    INNER,
    INTERNAL,
    MS,
    UNSET,
    Trace,
    errors,
    only,
    python,
    raised,
)


@pytest.mark.parametrize("is_log_first", [False, True])
@pytest.mark.parametrize("type_name", ["LookupError", "builtins.LookupError"])
def test_an_error_on_a_span_and_in_a_log_record_is_one(
    is_log_first: bool, type_name: str, trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace)
    server = spans.span(raised(), code=500, about={"user.id": "anna"})
    attributes = python(is_seen_outside=False) | {"exception.type": type_name, "user.id": "anna"}
    logged = spans.logged(attributes, server, at=WHEN + 3 * MS)
    sends: list[Callable[[], None]] = [lambda: spans.post(bridge), lambda: spans.log(bridge, logged)]
    for send in reversed(sends) if is_log_first else sends:
        send()
    assert only(inspector)["distinct_id"] == "anna"
    assert inspector.all()["duplicates"] == 2


def test_a_log_record_after_the_span_is_about_its_person_and_its_end(
    trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace)
    server = spans.span(raised(), code=500, about={"user.id": "anna"})
    inner = spans.span(kind=INTERNAL, parent=server)
    spans.post(bridge)
    inspector.reset()
    spans.log(bridge, spans.logged(python(is_seen_outside=False), inner))
    found = only(inspector)
    assert (found["distinct_id"], found["properties"]["handled"]) == ("anna", False)
    assert found["properties"]["$span_id"] == server


def test_a_logged_exception_that_no_span_has_may_have_been_handled(
    trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace)
    shipped = {"name": "parcel_shipped", "timeUnixNano": str(WHEN), "attributes": pairs({"number": 1})}
    server = spans.span(shipped, status=UNSET, code=200, about={"user.id": "anna"})
    spans.post(bridge)
    spans.log(bridge, spans.logged(python(), server))
    found = only(inspector)
    assert found["distinct_id"] == "anna"
    assert "handled" not in found["properties"]
    assert "handled" not in found["properties"]["$exception_list"][0]["mechanism"]


def test_an_instrumentation_that_records_exceptions_in_logs_only_has_them_of_the_requests_person(
    trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace)
    server = spans.span(code=500, about={"user.id": "anna", "http.request.method": "GET"})
    spans.post(bridge)
    assert errors(inspector) == []
    spans.log(bridge, spans.logged(python(), server, eventName="http.server.request.exception"))
    found = only(inspector)
    about = {"handled": False, "status_code": 500, "method": "GET", "$span_id": server}
    assert (found["distinct_id"], about.items() <= found["properties"].items()) == ("anna", True)


@pytest.mark.parametrize("is_log_first", [False, True])
def test_an_instrumentation_that_records_exceptions_twice_has_one_error(
    is_log_first: bool, trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace)
    server = spans.span(raised(), code=500)
    logged = spans.logged(python(), server, eventName="http.server.request.exception", at=WHEN + MS)
    if is_log_first:
        spans.log(bridge, logged)
    spans.post(bridge)
    spans.log(bridge, logged)
    assert only(inspector)["properties"]["handled"] is False


def test_an_exception_that_is_logged_on_its_way_is_one_error(
    trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace)
    inner, outer = f"{7:016x}", f"{8:016x}"
    spans.log(
        bridge,
        spans.logged(python(is_seen_outside=False), inner),
        spans.logged(python(is_seen_outside=False), inner),  # by another handler of the logger
        spans.logged(python(), outer, at=WHEN + 1),
    )
    assert only(inspector)["properties"]["$span_id"] == outer


def test_an_exception_that_keeps_its_stack_is_one_error_however_often_it_is_logged(
    trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace, "nodejs")
    logged = {
        "exception.type": "Error",
        "exception.message": "m",
        "exception.stacktrace": "Error: m\n  at f (a.js:1:2)",
    }
    spans.log(bridge, spans.logged(logged, at=WHEN), spans.logged(logged, f"{2:016x}", at=WHEN + 1))
    assert len(errors(inspector)) == 1


def test_exceptions_of_a_loop_are_several_errors(
    trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace)
    spans.log(bridge, *(spans.logged(python(), at=WHEN + number) for number in range(3)))
    spans.log(bridge, spans.logged(python(message="another"), f"{2:016x}"))
    assert len(errors(inspector)) == 4


def test_errors_outside_any_trace_are_identified_by_what_they_contain(
    inspector: RunningInspector, bridge: str
) -> None:
    outside = Trace("")
    for host in ("one", "other", "one"):
        about = python() | {"host": host}
        outside.log(bridge, outside.logged(about, ""))
    assert len(errors(inspector)) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"severityNumber": 0, "severityText": "ERROR"},
        {"severityNumber": 0, "severityText": "Error"},
        {"severityNumber": 0, "severityText": "SEVERE"},
        {"severityNumber": 0, "severityText": "critical"},
        {"severityNumber": 18, "severityText": "information"},
    ],
)
def test_a_severity_may_be_a_text(
    changes: dict[str, Any], trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace)
    spans.log(bridge, spans.logged(python(), **changes))
    assert len(errors(inspector)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"severityNumber": 13, "severityText": "ERROR"},
        {"severityNumber": 0, "severityText": "WARN"},
        {"severityNumber": 0, "severityText": "no error"},
        {"severityNumber": 0},
    ],
)
def test_an_exception_below_the_severity_of_errors_is_none(
    changes: dict[str, Any], trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace)
    spans.log(bridge, spans.logged(python(), **changes))
    assert errors(inspector) == []


@pytest.mark.parametrize("name", ["exception.type", "exception.message", "exception.stacktrace"])
def test_an_exception_may_be_described_by_one_attribute(
    name: str, trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace)
    spans.log(bridge, spans.logged({name: python()[name]}))
    assert len(errors(inspector)) == 1


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({"eventName": "http.server.request.exception"}, {}),
        ({"eventName": ""}, {"event.name": "http.server.request.exception"}),
        ({"severityNumber": 21}, {}),
        ({}, {"exception.escaped": True}),
    ],
)
def test_an_instrumentation_says_that_an_exception_ended_a_request(
    changes: dict[str, Any], more: dict[str, Any], trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace)
    spans.log(bridge, spans.logged(python() | more, **changes))
    assert only(inspector)["properties"]["handled"] is False


def test_a_server_that_logs_what_has_passed_a_request_span_repeats_its_error(
    inspector: RunningInspector, bridge: str
) -> None:
    outside = Trace("")
    path = "/lib/python3.13/site-packages/opentelemetry/instrumentation/{}/__init__.py"
    for module in ("asgi", "requests"):
        passed = f'  File "{path.format(module)}", line 9, in __call__\n'
        stack = HEADER + passed + INNER + END
        outside.log(bridge, outside.logged(python() | {"exception.stacktrace": stack}, ""))
    assert len(errors(inspector)) == 1


def test_an_event_may_have_its_name_in_an_attribute_and_its_data_in_the_body(
    inspector: RunningInspector, bridge: str
) -> None:
    body = {"kvlistValue": {"values": pairs({"number": 7, "carrier": "bike"})}}
    post_logs(
        bridge,
        record("", {"event.name": "parcel_shipped", "user.id": "anna"}, body=body),
        record("", {"event.name": "parcel_shipped", "number": 8}, spanId="00000000000000aa"),
        record("parcel_shipped", {"number": 9}, body=body, spanId="00000000000000ab"),
        record("", {"event.name": 7, "number": 8}),
    )
    found = sorted((one["properties"]["number"], one["distinct_id"] == "anna") for one in inspector.good())
    assert found == [(7, True), (8, False), (9, False)]


def test_a_declared_event_stays_one_if_it_describes_an_exception(
    trace: str, inspector: RunningInspector, bridge: str
) -> None:
    answer = post_logs(bridge, record("order_failed", python(), severityNumber=17, traceId=trace))
    assert answer == {}
    assert [one["event"] for one in inspector.good()] == ["order_failed"]


def test_records_of_one_millisecond_outside_a_trace_are_distinct(
    inspector: RunningInspector, bridge: str
) -> None:
    outside = {"traceId": "", "spanId": ""}
    for number in range(30):
        post_logs(bridge, record("parcel_shipped", {"number": number}, **outside))
    equal = record("parcel_shipped", {"number": 30}, **outside)
    post_logs(bridge, equal, equal)
    post_logs(bridge, equal, equal)
    assert len(inspector.good()) == 32
    assert inspector.all()["duplicates"] == 2
