"""Capture v1: required headers, lifted properties, and a result for each event."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import orjson
import pytest

from otel.counters import Counters
from otel.delivery import Loss, Quarantine
from otel.inspector.running import RunningInspector
from otel.reasons import Reason
from tests.otel.delivery.conftest import FakeClock, MakeDelivery, captures
from tests.otel.delivery.scripted import Asked, Scripted, Step


def results(asked: Asked, **by_name: dict[str, str]) -> Step:
    """Answer each event by its name; those not named get no result."""
    events = asked.json["batch"]
    found = {event["uuid"]: by_name[event["event"]] for event in events if event["event"] in by_name}
    return Step(body=orjson.dumps({"results": found}))


OK = {"result": "ok"}


def test_the_request_is_what_v1_requires(server: Scripted, make_delivery: MakeDelivery) -> None:
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


def test_properties_of_another_type_stay_properties(server: Scripted, make_delivery: MakeDelivery) -> None:
    server.respond = lambda asked: results(asked, a=OK)
    (capture,) = captures("a")
    capture.properties = {"$session_id": 7, "$process_person_profile": "no"}
    make_delivery(server.url, mode="v1").deliver([capture])
    (event,) = server.asked[0].json["batch"]
    assert event["properties"] == {"$session_id": 7, "$process_person_profile": "no"}
    assert event["options"] == {"disable_skew_correction": True}


def test_a_repeated_request_keeps_its_id_and_body_and_counts_its_attempts(
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


def test_each_event_meets_its_own_result(
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
    answers = [first, {"later": OK, "unnamed": OK}]
    server.respond = lambda asked: results(asked, **answers[len(server.asked) - 1])
    batch = captures("fine", "odd", "bad", "unpaid", "fat", "later", "unnamed")
    quarantine = Quarantine(tmp_path)
    losses = make_delivery(server.url, mode="v1", quarantine=quarantine).deliver(batch)
    assert losses == (
        Loss(2, Reason.REFUSED, "distinct_id_too_large"),
        Loss(3, Reason.OVER_QUOTA, "billing_limit_exceeded"),
        Loss(4, Reason.TOO_LARGE, "event_too_big"),
    )
    assert [asked.events for asked in server.asked] == [
        ["fine", "odd", "bad", "unpaid", "fat", "later", "unnamed"],
        ["later", "unnamed"],
    ]
    assert clock.waits == [0.5]
    assert [entry.item for entry in quarantine.entries()] == [batch[2], batch[4]]
    assert counters.totals() == {"delivered": 4, "retried": 2, "refused": 1, "over_quota": 1, "too_large": 1}


def test_retry_after_of_an_accepting_answer_is_waited_for(
    server: Scripted, make_delivery: MakeDelivery, clock: FakeClock
) -> None:
    server.steps.append(Step(body=b'{"results":{}}', headers={"Retry-After": "3"}))
    server.respond = lambda asked: results(asked, a=OK)
    assert make_delivery(server.url, mode="v1").deliver(captures("a")) == ()
    assert clock.waits == [3.0]


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"[]", b"{}", b'{"results":[]}', b'{"results":{"x":1}}', b'{"status":"Ok"}']
)
def test_an_answer_without_results_is_no_delivery(
    body: bytes, server: Scripted, make_delivery: MakeDelivery
) -> None:
    server.respond = lambda _: Step(body=body)
    losses = make_delivery(server.url, mode="v1", timeout=3).deliver(captures("a"))
    assert [loss.reason for loss in losses] == [Reason.UNDELIVERED]


def test_the_inspector_takes_the_good_and_drops_the_bad(
    inspector: RunningInspector, make_delivery: MakeDelivery
) -> None:
    batch = captures("a", "long id", "b")
    batch[1].distinct_id = "ü" * 101
    losses = make_delivery(inspector.url, mode="v1").deliver(batch)
    assert losses == (Loss(1, Reason.REFUSED, "distinct_id_too_large"),)
    assert [event["event"] for event in inspector.good()] == ["a", "b"]


def test_two_events_of_one_uuid_are_both_settled(
    inspector: RunningInspector, make_delivery: MakeDelivery
) -> None:
    (capture,) = captures("a")
    assert make_delivery(inspector.url, mode="v1").deliver([capture, capture]) == ()
    assert inspector.all()["good"] == 1
