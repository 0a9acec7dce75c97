"""Envelopes of spans: which span events become business events or errors, and what they are named after."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode

from otel.envelope import Envelope
from otel.mapping.from_log import envelope_of_log
from otel.mapping.from_span import envelopes, errors_of
from tests.otel.mapping.test_mapping import NOON, SPAN, TRACE

FAILURE = Event("exception", {"exception.type": "LookupError"}, NOON)


def span(
    events: Sequence[Event],
    *,
    attributes: dict[str, Any] | None = None,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: SpanContext | None = None,
    status: StatusCode = StatusCode.ERROR,
) -> ReadableSpan:
    return ReadableSpan(
        "request",
        SpanContext(TRACE, SPAN, is_remote=False),
        parent=parent,
        resource=Resource({"service.name": "shop"}),
        attributes=attributes or {},
        events=events,
        kind=kind,
        status=Status(status),
    )


def within(*, is_remote: bool) -> SpanContext:
    return SpanContext(TRACE, SPAN + 1, is_remote=is_remote)


def test_the_selected_events_of_a_span_become_envelopes_in_order() -> None:
    recorded = [
        Event("parcel_shipped", {"number": 1}, NOON),
        Event("cache_missed", {}, NOON),
        Event("page_peeked", {}, NOON + 1),
    ]
    found = envelopes(span(recorded, attributes={"user.id": "u1"}), lambda name: name != "cache_missed")
    for one in found:
        one.resource = dict(one.resource)
    entry, resource = {"user.id": "u1"}, {"service.name": "shop"}
    assert found == [
        Envelope("parcel_shipped", {"number": 1}, NOON, TRACE, SPAN, 0, entry, resource),
        Envelope("page_peeked", {}, NOON + 1, TRACE, SPAN, 0, entry, resource),
    ]


def test_an_exception_is_never_a_business_event() -> None:
    assert envelopes(span([FAILURE]), lambda _: True) == []


def test_events_with_one_name_and_time_are_told_apart_by_their_position() -> None:
    recorded = [
        Event("parcel_shipped", {}, NOON),
        Event("parcel_shipped", {}, NOON),
        Event("page_peeked", {}, NOON),
        Event("parcel_shipped", {}, NOON),
        Event("parcel_shipped", {}, NOON + 1),
        Event("parcel_shipped", {"posthog.ordinal": 7}, NOON),
        Event("parcel_shipped", {"posthog.ordinal": 0}, NOON),
        Event("parcel_shipped", {"posthog.ordinal": -1}, NOON),
        Event("parcel_shipped", {"posthog.ordinal": True}, NOON),
    ]
    assert [one.ordinal for one in envelopes(span(recorded), lambda _: True)] == [0, 1, 0, 2, 0, 7, 0, 5, 6]


def test_a_span_without_a_context_has_no_ids() -> None:
    (one,) = envelopes(ReadableSpan("x", None, events=[Event("page_peeked", None, NOON)]), lambda _: True)
    assert (one.trace_id, one.span_id, dict(one.attributes)) == (0, 0, {})


@pytest.mark.parametrize(
    ("kind", "parent", "is_error"),
    [
        (SpanKind.INTERNAL, None, True),
        (SpanKind.INTERNAL, within(is_remote=True), True),
        (SpanKind.INTERNAL, within(is_remote=False), False),
        (SpanKind.CLIENT, within(is_remote=False), False),
        (SpanKind.CLIENT, None, False),
        (SpanKind.PRODUCER, within(is_remote=True), False),
        (SpanKind.SERVER, within(is_remote=False), True),
        (SpanKind.CONSUMER, within(is_remote=False), True),
    ],
)
def test_without_the_processor_only_an_entry_span_ends_with_an_error(
    kind: SpanKind, parent: SpanContext | None, is_error: bool
) -> None:
    found = errors_of(span([FAILURE], kind=kind, parent=parent))
    assert [one.is_handled for one in found] == [False] * is_error


@pytest.mark.parametrize(
    ("status", "attributes", "is_error"),
    [
        (StatusCode.ERROR, {}, True),
        (StatusCode.ERROR, {"http.status_code": 500}, True),
        (StatusCode.ERROR, {"http.response.status_code": 599}, True),
        (StatusCode.ERROR, {"http.status_code": 499}, False),
        (StatusCode.ERROR, {"http.status_code": 0}, True),
        (StatusCode.ERROR, {"http.status_code": "404"}, False),
        (StatusCode.ERROR, {"http.status_code": 302}, False),
        (StatusCode.ERROR, {"http.status_code": 200}, True),
        (StatusCode.UNSET, {"http.status_code": 500}, True),
        (StatusCode.UNSET, {"http.status_code": 200}, False),
        (StatusCode.UNSET, {}, False),
        (StatusCode.OK, {}, False),
    ],
)
def test_without_the_processor_only_a_failed_span_ends_with_an_error(
    status: StatusCode, attributes: dict[str, int], is_error: bool
) -> None:
    found = errors_of(span([FAILURE], status=status, attributes=attributes))
    assert [one.entry for one in found] == [attributes] * is_error


def test_a_response_that_broke_after_it_had_begun_may_have_been_recorded_by_the_developer() -> None:
    (one,) = errors_of(span([FAILURE], attributes={"http.response.status_code": 200}))
    assert one.is_handled is None


@pytest.mark.parametrize("escaped", ["True", "true", True])
def test_an_exception_that_escaped_ended_the_span_whatever_its_status(escaped: str | bool) -> None:
    left = Event("exception", {"exception.type": "LookupError", "exception.escaped": escaped}, NOON)
    (one,) = errors_of(span([left], attributes={"http.response.status_code": 200}, status=StatusCode.UNSET))
    assert one.is_handled is False
    assert errors_of(span([left], attributes={"http.status_code": 404})) == []


def test_the_last_exception_ended_the_span() -> None:
    last = Event("exception", {"exception.type": "KeyError"}, NOON + 1)
    (one,) = errors_of(span([FAILURE, last, Event("parcel_shipped", {}, NOON + 2)]))
    assert (one.envelope.attributes, one.envelope.time_unix_nano) == (
        {"exception.type": "KeyError"},
        NOON + 1,
    )
    assert errors_of(span([Event("parcel_shipped", {}, NOON)])) == []


def test_a_record_outside_a_trace_has_the_same_trace_id_each_time_and_by_each_route() -> None:
    usual: dict[str, Any] = {
        "name": "page_peeked",
        "attributes": {"page": 1, "tags": ("a", "b"), "size": {"width": 2, "height": math.nan}},
        "time_unix_nano": NOON,
        "resource": {"service.name": "shop", "host.name": "one"},
        "content": ("scope", b"body", NOON),
    }

    def trace_id(**changes: Any) -> int:
        return envelope_of_log(**usual | changes).trace_id

    reordered = {"size": {"height": math.nan, "width": 2}, "tags": ["a", "b"], "page": 1}
    marked = {**reordered, "posthog.apart": True, "posthog.event": True, "posthog.ordinal": 1}
    assert {trace_id(), trace_id(attributes=reordered), trace_id(attributes=marked)} == {trace_id()}
    others = [
        trace_id(name="page_closed"),
        trace_id(attributes={"page": 2}),
        trace_id(attributes={"page": "1"}),
        trace_id(attributes={"page": True}),
        trace_id(attributes={"page": "\ud800"}),
        trace_id(time_unix_nano=NOON + 1),
        trace_id(resource={"service.name": "shop", "host.name": "other"}),
        trace_id(content=("scope", b"another body", NOON)),
    ]
    assert len({trace_id(), *others}) == 9
    assert 0 < trace_id() < 2**128
    # Part of the ids of events: a different one would duplicate what is sent again after an upgrade.
    assert trace_id() == 0x512CBB5591977579C8107EB1500447CC


def test_a_record_inside_a_trace_keeps_its_ids() -> None:
    one = envelope_of_log("page_peeked", {"a": 1}, NOON, trace_id=TRACE, span_id=SPAN, ordinal=3)
    assert one == Envelope("page_peeked", {"a": 1}, NOON, TRACE, SPAN, 3)
    stated = envelope_of_log("page_peeked", {"posthog.ordinal": 9}, NOON, ordinal=3)
    assert (stated.ordinal, stated.span_id) == (9, 0)
