"""Capture v1: required headers, lifted properties, and a result for each event."""

from __future__ import annotations

import time
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel.delivery.http.client import Undelivered
from otel.delivery.http.transport import Answer
from otel.delivery.posthog.capture_v1 import CaptureV1
from otel.inspector.running import RunningInspector
from otel.outcomes.counters import Counters
from otel.outcomes.quarantine import Quarantine
from otel.outcomes.self_log import ThrottledLogger
from otel.reasons import Reason
from tests.otel.delivery.conftest import FakeClock, MakeDelivery, captures
from tests.otel.delivery.scripted import Asked, Scripted, Step

_WORDS = st.sampled_from(["results", "result", "details", "a", "ok", "drop", "retry", "limited", "odd"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3),
)


def results(asked: Asked, **by_name: dict[str, str]) -> Step:
    """Return a result for each named event, and none for the others."""
    events = asked.json["batch"]
    found = {event["uuid"]: by_name[event["event"]] for event in events if event["event"] in by_name}
    return Step(body=orjson.dumps({"results": found}))


OK = {"result": "ok"}


def test_the_request_has_the_form_that_v1_requires(server: Scripted, make_delivery: MakeDelivery) -> None:
    server.respond = lambda asked: results(asked, a=OK)
    (capture,) = captures("a")
    capture.properties |= {
        "$session_id": "0190f5b0-0000-7000-8000-000000000000",
        "$window_id": "w",
        "$process_person_profile": False,
        "$cookieless_mode": False,
    }
    before = dict(capture.properties)
    assert make_delivery(server.url, mode="v1").deliver([capture]) == ()
    (asked,) = server.asked
    assert asked.path == "/i/v1/analytics/events"
    assert asked.headers["authorization"] == "Bearer phc_test"
    assert asked.headers["posthog-sdk-info"] == asked.headers["user-agent"]
    assert asked.headers["posthog-attempt"] == "1"
    assert asked.headers["posthog-request-timestamp"] == "2026-11-23T01:00:00.000Z"
    assert UUID(asked.headers["posthog-request-id"]).version == 4
    assert asked.json == {
        "created_at": "2026-11-23T01:00:00.000Z",
        "batch": [
            {
                "event": "a",
                "uuid": capture.uuid,
                "distinct_id": "user-0",
                "timestamp": capture.timestamp,
                "session_id": "0190f5b0-0000-7000-8000-000000000000",
                "window_id": "w",
                "options": {
                    "disable_skew_correction": True,
                    "process_person_profile": False,
                    "cookieless_mode": False,
                },
                "properties": {"number": 0},
            }
        ],
    }
    assert capture.properties == before


def test_properties_of_the_wrong_type_are_not_lifted(server: Scripted, make_delivery: MakeDelivery) -> None:
    server.respond = lambda asked: results(asked, a=OK)
    (capture,) = captures("a")
    capture.properties = {"$session_id": 7, "$process_person_profile": "no"}
    make_delivery(server.url, mode="v1").deliver([capture])
    (event,) = server.asked[0].json["batch"]
    assert event["properties"] == {"$session_id": 7, "$process_person_profile": "no"}
    assert event["options"] == {"disable_skew_correction": True}


def test_a_retried_request_keeps_its_id_and_body_and_counts_its_attempts(
    server: Scripted, make_delivery: MakeDelivery
) -> None:
    server.steps.extend([Step(503), Step(504)])
    server.respond = lambda asked: results(asked, a=OK)
    assert make_delivery(server.url, mode="v1").deliver(captures("a")) == ()
    headers = [asked.headers for asked in server.asked]
    assert [header["posthog-attempt"] for header in headers] == ["1", "2", "3"]
    assert len({header["posthog-request-id"] for header in headers}) == 1
    assert len({asked.raw for asked in server.asked}) == 1
    assert [header["posthog-request-timestamp"] for header in headers] == [
        "2026-11-23T01:00:00.000Z",
        "2026-11-23T01:00:00.500Z",
        "2026-11-23T01:00:01.500Z",
    ]


def test_each_event_has_its_own_result(
    server: Scripted, make_delivery: MakeDelivery, counters: Counters, tmp_path: Path, clock: FakeClock
) -> None:
    first = {
        "fine": OK,
        "odd": {"result": "warning", "details": "person_processing_disabled"},
        "bad": {"result": "drop", "details": "distinct_id_too_large"},
        "unpaid": {"result": "drop", "details": "billing_limit_exceeded"},
        "fat": {"result": "drop", "details": "event_too_big"},
        "later": {"result": "retry", "details": "not_persisted"},
    }
    answers = [first, {"later": OK}]
    server.respond = lambda asked: results(asked, **answers[len(server.asked) - 1])
    batch = captures("fine", "odd", "bad", "unpaid", "fat", "later", "unnamed")
    quarantine = Quarantine(tmp_path)
    losses = make_delivery(server.url, mode="v1", quarantine=quarantine).deliver(batch)
    assert losses == (
        Undelivered(2, Reason.REFUSED, "distinct_id_too_large"),
        Undelivered(3, Reason.OVER_QUOTA, "billing_limit_exceeded"),
        Undelivered(4, Reason.TOO_LARGE, "event_too_big"),
    )
    assert [asked.events for asked in server.asked] == [
        ["fine", "odd", "bad", "unpaid", "fat", "later", "unnamed"],
        ["later"],
    ]
    assert clock.waits == [0.5]
    assert [entry.item for entry in quarantine.entries()] == [batch[2], batch[4]]
    assert counters.totals() == {"delivered": 4, "retried": 1, "refused": 1, "over_quota": 1, "too_large": 1}


def test_retry_after_of_a_successful_answer_is_honored(
    server: Scripted, make_delivery: MakeDelivery, clock: FakeClock
) -> None:
    again = {captures("a")[0].uuid: {"result": "retry"}}
    server.steps.append(Step(body=orjson.dumps({"results": again}), headers={"Retry-After": "3"}))
    server.respond = lambda asked: results(asked, a=OK)
    assert make_delivery(server.url, mode="v1").deliver(captures("a")) == ()
    assert clock.waits == [3.0]


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"{}", b'{"results":[]}', b'{"status":"Ok"}'])
def test_an_answer_without_results_is_not_a_delivery_and_is_not_retried(
    body: bytes, server: Scripted, make_delivery: MakeDelivery, caplog: pytest.LogCaptureFixture
) -> None:
    server.respond = lambda _: Step(body=body)
    losses = make_delivery(server.url, mode="v1").deliver(captures("a"))
    assert losses == (Undelivered(0, Reason.UNDELIVERED, "200 without the results of capture v1"),)
    assert len(server.asked) == 1
    assert "POSTHOG_HOST does not answer as PostHog does (200)" in caplog.text


@pytest.mark.parametrize(
    ("result", "warning"),
    [
        (
            {"result": "someday", "details": "x"},
            "the unknown result 'someday' for an event; it counts as delivered",
        ),
        ({"result": 7}, "the unknown result '7'"),
        ({}, "the unknown result 'None'"),
        (None, "the unknown result 'None'"),
        ("ok", ""),
        (["ok"], "the unknown result \"['ok']\""),
    ],
)
def test_an_unknown_result_is_final_and_counts_as_delivered(
    result: object,
    warning: str,
    server: Scripted,
    make_delivery: MakeDelivery,
    caplog: pytest.LogCaptureFixture,
) -> None:
    batch = captures("a")
    server.respond = lambda _: Step(body=orjson.dumps({"results": {batch[0].uuid: result}}))
    assert make_delivery(server.url, mode="v1").deliver(batch) == ()
    assert len(server.asked) == 1
    assert warning in caplog.text


def test_an_event_without_a_result_counts_as_delivered(
    server: Scripted, make_delivery: MakeDelivery, caplog: pytest.LogCaptureFixture
) -> None:
    server.respond = lambda _: Step(body=b'{"results":{"x":1}}')
    batch = captures("a", "b")
    assert make_delivery(server.url, mode="v1").deliver(batch) == ()
    assert len(server.asked) == 1
    assert f"PostHog returned no result for event {batch[0].uuid}; it counts as delivered" in caplog.text
    assert batch[1].uuid not in caplog.text, "it is logged once a minute"


def test_limited_events_are_lost_as_over_quota(server: Scripted, make_delivery: MakeDelivery) -> None:
    server.respond = lambda asked: results(asked, a=OK, b={"result": "limited", "details": "soon"})
    losses = make_delivery(server.url, mode="v1").deliver(captures("a", "b"))
    assert losses == (Undelivered(1, Reason.OVER_QUOTA, "soon"),)
    assert len(server.asked) == 1


@given(st.binary() | _JSON.map(orjson.dumps))
def test_reading_an_answer_never_raises(body: bytes) -> None:
    batch = captures("a", "b")
    body = body.replace(b'"a"', f'"{batch[0].uuid}"'.encode())
    assert len(CaptureV1("phc_test", ThrottledLogger(time.monotonic)).read(Answer(200, {}, body), batch)) == 2


def test_posthog_may_correct_the_time_of_an_untrusted_clock(
    server: Scripted, make_delivery: MakeDelivery
) -> None:
    server.respond = lambda asked: results(asked, a=OK, b=OK)
    batch = captures("a", "b")
    batch[1].is_clock_trusted = False
    make_delivery(server.url, mode="v1").deliver(batch)
    assert [event["options"] for event in server.asked[0].json["batch"]] == [
        {"disable_skew_correction": True},
        {},
    ]


def test_the_inspector_accepts_valid_events_and_drops_invalid_ones(
    inspector: RunningInspector, make_delivery: MakeDelivery
) -> None:
    batch = captures("a", "long id", "b")
    batch[1].distinct_id = "ü" * 101
    losses = make_delivery(inspector.url, mode="v1").deliver(batch)
    assert losses == (Undelivered(1, Reason.REFUSED, "distinct_id_too_large"),)
    assert [event["event"] for event in inspector.good()] == ["a", "b"]


def test_two_events_with_the_same_uuid_both_get_an_outcome(
    inspector: RunningInspector, make_delivery: MakeDelivery
) -> None:
    (capture,) = captures("a")
    assert make_delivery(inspector.url, mode="v1").deliver([capture, capture]) == ()
    assert inspector.all()["good"] == 1
