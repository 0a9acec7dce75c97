"""Errors on the spans of programs without our pipeline are judged by trace."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from otel.inspector.running import RunningInspector
from tests.otel.bridge.test_traces import WHEN, pairs
from tests.otel.bridge.traces import (
    CLIENT,
    CONSUMER,
    ERROR,
    INTERNAL,
    MS,
    PRODUCER,
    SERVER,
    UNSET,
    Trace,
    errors,
    only,
    post_traces,
    python,
    raised,
)

HANDLED = {"unhandled": False, "unknown": None}


@pytest.mark.parametrize(
    ("kind", "status", "code", "judged"),
    [
        (SERVER, ERROR, 500, "unhandled"),
        (SERVER, UNSET, 500, "unhandled"),
        (SERVER, UNSET, "503", "unhandled"),
        (SERVER, ERROR, None, "unhandled"),
        (SERVER, ERROR, 200, "unknown"),
        (SERVER, ERROR, 404, None),
        (SERVER, ERROR, "404", None),
        (SERVER, ERROR, 302, None),
        (SERVER, UNSET, 200, None),
        (SERVER, UNSET, None, None),
        (CONSUMER, ERROR, None, "unhandled"),
        (INTERNAL, ERROR, None, "unhandled"),
        (CLIENT, ERROR, None, None),
        (CLIENT, ERROR, 500, None),
        (PRODUCER, ERROR, None, None),
    ],
)
def test_the_status_of_a_first_span_decides_about_its_exception(
    kind: int,
    status: int,
    code: Any,
    judged: str | None,
    trace: str,
    inspector: RunningInspector,
    bridge: str,
) -> None:
    spans = Trace(trace)
    spans.span(raised(), kind=kind, status=status, code=code)
    spans.post(bridge)
    found = [one["properties"].get("handled") for one in errors(inspector)]
    assert found == ([] if judged is None else [HANDLED[judged]])


@pytest.mark.parametrize("language", ["nodejs", "python", "rust"])
def test_a_failed_request_takes_the_exception_of_its_handlers_span(
    language: str, trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace, language)
    server = spans.span(code=500, about={"user.id": "anna", "http.request.method": "GET"})
    middle = spans.span(kind=INTERNAL, status=UNSET, parent=server, start=1, end=99)
    handler = spans.span(raised(), kind=INTERNAL, parent=middle, start=2, end=50)
    spans.post(bridge)
    found = only(inspector)
    assert found["distinct_id"] == "anna"
    about = {"handled": False, "status_code": 500, "method": "GET", "$span_id": handler, "$trace_id": trace}
    assert about.items() <= found["properties"].items()


def test_the_person_may_be_known_to_the_handlers_span_only(
    trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace, "nodejs")
    server = spans.span(code=500)
    spans.span(raised(), kind=INTERNAL, parent=server, about={"user.id": "anna"})
    spans.post(bridge)
    assert only(inspector)["distinct_id"] == "anna"


def test_the_exception_of_the_last_failed_span_ended_the_request(
    trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace, "nodejs")
    server = spans.span(code=500)
    spans.span(raised(python(message="tried")), kind=INTERNAL, parent=server, start=1, end=10)
    outer = spans.span(raised(at=WHEN + 2), kind=INTERNAL, parent=server, start=20, end=90)
    inner = spans.span(raised(at=WHEN + 1), kind=INTERNAL, parent=outer, start=30, end=40)
    call = spans.span(raised(python(message="refused")), kind=CLIENT, parent=server, start=91, end=95)
    spans.span(raised(python(message="noted")), kind=INTERNAL, parent=call, status=UNSET, end=99)
    spans.post(bridge)
    found = only(inspector)
    assert found["properties"]["$span_id"] == inner
    assert found["properties"]["$exception_list"][0]["value"] == "out of stock"


@pytest.mark.parametrize("code", [200, 404, None])
def test_an_exception_inside_a_request_that_did_not_fail_is_no_error(
    code: int | None, trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace, "nodejs")
    server = spans.span(code=code, status=UNSET)
    spans.span(raised(), kind=INTERNAL, parent=server)
    spans.post(bridge)
    assert errors(inspector) == []


def test_an_exception_that_passes_nested_spans_is_one_error_of_the_entry_span(
    trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace)
    server = spans.span(raised(), code=500)
    task = spans.span(raised(), kind=CONSUMER, parent=server, end=90)
    spans.span(raised(python(is_seen_outside=False)), kind=INTERNAL, parent=task, end=80)
    spans.post(bridge)
    assert only(inspector)["properties"]["$span_id"] == task


def test_each_program_and_each_task_of_a_trace_has_its_own_error(
    trace: str, inspector: RunningInspector, bridge: str
) -> None:
    front = Trace(trace, "nodejs", "front")
    server = front.span(raised(python(message="bad gateway")), code=502)
    call = front.span(kind=CLIENT, parent=server)
    back = Trace(trace, "python", "back")
    back._ids = count(10)
    for _ in range(2):
        back.span(raised(), kind=CONSUMER, parent=call)
    post_traces(bridge, back.group(), front.group())
    assert len(errors(inspector)) == 3


def test_the_collector_may_leave_out_the_spans_between(
    trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace, "nodejs")
    spans.span(code=500, about={"user.id": "anna"})
    spans.span(code=500, start=10, end=60, about={"user.id": "ben"})
    spans.span(raised(), kind=INTERNAL, parent="00000000000000aa", start=20, end=50)
    spans.post(bridge)
    assert only(inspector)["distinct_id"] == "ben"


@pytest.mark.parametrize(
    ("language", "count_"),
    [("nodejs", 1), *((one, 0) for one in ("python", "java", "dotnet", "ruby", "php", "go"))],
)
def test_without_its_entry_span_an_inner_exception_is_an_error_where_it_is_the_only_witness(
    language: str, count_: int, trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace, language)
    outer = spans.span(raised(at=WHEN + 1), kind=INTERNAL, parent="00000000000000aa")
    inner = spans.span(raised(), kind=INTERNAL, parent=outer)
    spans.span(raised(), kind=CLIENT, parent=inner)
    spans.span(raised(), kind=INTERNAL, status=UNSET, parent=outer)
    spans.post(bridge)
    found = [(one["properties"]["$span_id"], one["properties"].get("handled")) for one in errors(inspector)]
    assert found == [(inner, None)] * count_


def test_a_panic_that_go_records_at_the_end_of_a_span_ended_it(
    trace: str, inspector: RunningInspector, bridge: str
) -> None:
    spans = Trace(trace, "go")
    panic = {"exception.type": "runtime.boundsError", "exception.message": "index out of range"}
    spans.span(raised(panic, at=WHEN + 100 * MS), status=UNSET, end=100)
    spans.span(raised(panic | {"exception.message": "noted"}, at=WHEN + 99 * MS), status=UNSET, end=100)
    spans.post(bridge)
    found = only(inspector)["properties"]
    assert (found["handled"], found["$exception_list"][0]["value"]) == (False, "index out of range")


def test_a_circle_of_parents_ends(trace: str, inspector: RunningInspector, bridge: str) -> None:
    spans = Trace(trace, "nodejs")
    spans.span(raised(), kind=INTERNAL, parent=f"{2:016x}")
    spans.span(raised(), kind=INTERNAL, parent=f"{1:016x}")
    spans.post(bridge)
    assert only(inspector)["properties"].get("handled") is None


def test_errors_without_valid_ids_are_identified_by_what_they_contain(
    inspector: RunningInspector, bridge: str
) -> None:
    for service in ("one", "other", "one"):
        spans = Trace("", service=service)
        spans.span(raised())
        spans.spans[0]["spanId"] = ""
        spans.post(bridge)
    assert [one["properties"].get("$trace_id") for one in errors(inspector)] == [None, None]


def test_events_on_spans_without_valid_ids_are_identified_by_what_they_contain(
    inspector: RunningInspector, bridge: str
) -> None:
    for number in (1, 2, 1):
        spans = Trace("")
        shipped = {"name": "parcel_shipped", "timeUnixNano": str(WHEN)}
        spans.span(shipped | {"attributes": pairs({"number": number})}, status=UNSET)
        spans.spans[0]["spanId"] = ""
        spans.post(bridge)
    assert sorted(one["properties"]["number"] for one in inspector.good()) == [1, 2]
    assert inspector.all()["duplicates"] == 1
