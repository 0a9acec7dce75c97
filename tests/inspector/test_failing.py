"""Failures on demand: statuses, delays, lost connections and lost responses."""

from __future__ import annotations

import time
from typing import Any

import pytest
import urllib3

from otel.inspector import InspectorError, RunningInspector
from tests.inspector.sending import Sender, batch, event


def test_the_next_requests_are_answered_with_the_requested_status(
    inspector: RunningInspector, sender: Sender
) -> None:
    inspector.fail(status=503, count=2, retry_after=3, body="busy")
    inspector.fail(status=429)
    answers = [sender.post(batch(event())) for _ in range(4)]
    assert [answer.status for answer in answers] == [503, 503, 429, 200]
    assert (answers[0].headers["retry-after"], answers[0].data) == ("3", b"busy")
    assert "retry-after" not in answers[2].headers
    assert [one["told_to"] for one in inspector.requests()] == ["fail", "fail", "fail", None]
    assert len(inspector.good()) == 1


def test_v1_fails_on_demand_too(inspector: RunningInspector, sender: Sender) -> None:
    inspector.fail(status=402, body='{"error": "billing_limit_exceeded"}')
    answer = sender.post_v1({"batch": [event()]})
    assert (answer.status, answer.json()) == (402, {"error": "billing_limit_exceeded"})


def test_a_dropped_connection_returns_no_response_and_stores_no_event(
    inspector: RunningInspector, sender: Sender
) -> None:
    inspector.fail(drop=True)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        sender.post(batch(event("dropped")))
    assert sender.post(batch(event("after"))).status == 200
    assert [one["event"] for one in inspector.good()] == ["after"]
    assert [one["told_to"] for one in inspector.requests()] == ["drop", None]


def test_after_a_lost_response_the_event_is_stored_and_a_retry_does_not_duplicate_it(
    inspector: RunningInspector, sender: Sender
) -> None:
    inspector.fail(lose_answer=True)
    sent = batch(event("delivered"))
    with pytest.raises(urllib3.exceptions.ProtocolError):
        sender.post(sent)
    assert sender.post(sent).status == 200
    assert [(one["event"], one["deliveries"]) for one in inspector.good()] == [("delivered", 2)]


def test_a_delayed_response_is_the_usual_one_unless_a_status_is_requested(
    inspector: RunningInspector, sender: Sender
) -> None:
    inspector.fail(delay=0.1)
    inspector.fail(delay=0.1, status=500)
    began = time.monotonic()
    assert [sender.post(batch(event())).status for _ in range(2)] == [200, 500]
    assert time.monotonic() - began >= 0.2


def test_an_event_can_be_made_to_fail_its_whole_batch(inspector: RunningInspector, sender: Sender) -> None:
    inspector.fail(events=["poison"], count=2)
    good, poison = event("good"), event("poison")
    assert sender.post(batch(good, poison)).status == 400
    assert sender.post(batch(good)).status == 200
    assert sender.post(batch(poison)).status == 400
    assert sender.post(batch(poison)).status == 200
    assert [(bad["reason"], bad["events"]) for bad in inspector.bad()] == [
        ("told to refuse poison", 2),
        ("told to refuse poison", 1),
    ]


def test_pending_failures_are_shown_and_a_reset_removes_them(
    inspector: RunningInspector, sender: Sender
) -> None:
    inspector.fail(status=500, count=2)
    sender.post(batch(event()))
    [pending] = sender.send("GET", "/inspector/fail").json()
    assert (pending["status"], pending["count"]) == (500, 1)
    inspector.reset()
    assert sender.post(batch(event())).status == 200


@pytest.mark.parametrize(
    ("failure", "fault"),
    [
        ({"statsu": 500}, "unknown field 'statsu'"),
        ({"status": 99}, "status cannot be 99"),
        ({"status": True}, "status cannot be True"),
        ({"count": 0}, "count cannot be 0"),
        ({"delay": -1}, "delay cannot be -1"),
        ({"drop": 1}, "drop cannot be 1"),
        ({"events": "name"}, "events cannot be 'name'"),
        ({"result": "ok"}, "result cannot be 'ok'"),
    ],
)
def test_an_invalid_failure_is_refused(
    inspector: RunningInspector, failure: dict[str, Any], fault: str
) -> None:
    with pytest.raises(InspectorError, match=fault):
        inspector.fail(**failure)
