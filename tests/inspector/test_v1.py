"""Capture v1: required headers, a result for each event, errors with a code (`wire.md` section 1.8)."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from otel.inspector import RunningInspector
from tests.inspector.sending import TIME, Sender, event


def test_an_accepted_event_is_stored_with_what_v1_carries_beside_its_properties(
    inspector: RunningInspector, sender: Sender
) -> None:
    session = "0190f5b0-0000-7000-8000-000000000000"
    sent = event(
        properties={"amount": 3},
        session_id=session,
        window_id="w",
        options={"process_person_profile": False, "disable_skew_correction": True},
    )
    answer = sender.post_v1({"created_at": TIME, "batch": [sent]})
    assert answer.status == 200
    assert answer.json() == {"results": {sent["uuid"]: {"result": "ok"}}}
    [capture] = inspector.good()
    assert (capture["uuid"], capture["timestamp"], capture["lib"]) == (sent["uuid"], TIME, "tests 1.0")
    assert capture["properties"] == {
        "amount": 3,
        "$session_id": session,
        "$window_id": "w",
        "$process_person_profile": False,
        "$ignore_sent_at": True,
        "$lib": "tests",
        "$lib_version": "1.0",
    }


ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "identity": bytes,
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_v1_body_may_be_encoded_as(inspector: RunningInspector, sender: Sender, encoding: str) -> None:
    body = ENCODINGS[encoding](orjson.dumps({"batch": [event("encoded")]}))
    assert sender.post_v1(body, content_encoding=encoding).status == 200
    assert [one["event"] for one in inspector.good()] == ["encoded"]


@pytest.mark.parametrize("encoding", ["br", "zstd", "nonsense"])
def test_an_encoding_that_is_not_read_is_answered_with_415(
    inspector: RunningInspector, sender: Sender, encoding: str
) -> None:
    answer = sender.post_v1(b"x", content_encoding=encoding)
    assert (answer.status, answer.json()["error"]) == (415, "unsupported_encoding")
    assert len(inspector.bad()) == 1


@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "posthog_sdk_info",
        "posthog_attempt",
        "posthog_request_id",
        "posthog_request_timestamp",
        "content_type",
        "user_agent",
    ],
)
def test_every_header_of_v1_is_required(inspector: RunningInspector, sender: Sender, name: str) -> None:
    answer = sender.post_v1({"batch": [event()]}, **{name: None})
    assert (answer.status, answer.json()["error"]) == (400, "missing_required_headers")
    assert name.replace("_", "-") in answer.json()["error_description"]
    assert inspector.good() == []


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        ({"authorization": "Basic eDp5"}, 401, "invalid_api_token"),
        ({"authorization": "Bearer phx_personal"}, 401, "invalid_api_token"),
        ({"posthog_sdk_info": "no version"}, 400, "invalid_header_value"),
        ({"posthog_sdk_info": "a/" + "1" * 200}, 400, "invalid_header_value"),
        ({"posthog_attempt": "0"}, 400, "invalid_header_value"),
        ({"posthog_attempt": "first"}, 400, "invalid_header_value"),
        ({"posthog_request_id": "1"}, 400, "invalid_header_value"),
        ({"posthog_request_timestamp": "now"}, 400, "invalid_header_value"),
        ({"content_type": "text/plain"}, 415, "unsupported_media_type"),
    ],
)
def test_a_header_of_v1_must_say_something(
    inspector: RunningInspector, sender: Sender, header: dict[str, str], status: int, code: str
) -> None:
    answer = sender.post_v1({"batch": [event()]}, **header)
    assert (answer.status, answer.json()["error"]) == (status, code)
    assert inspector.good() == []


SAME = event()
WHOLE: dict[str, tuple[Any, str]] = {
    "no body": (b"", "empty_body"),
    "no JSON": (b"{", "request_parsing_error"),
    "no batch": ({}, "request_parsing_error"),
    "an empty batch": ({"batch": []}, "empty_batch"),
    "an event that is none": ({"batch": [3]}, "invalid_batch"),
    "no uuid": ({"batch": [event(), event(uuid=None)]}, "missing_event_uuid"),
    "a malformed uuid": ({"batch": [event(), event(uuid="1")]}, "invalid_event_uuid"),
    "a uuid twice": ({"batch": [SAME, SAME]}, "duplicate_event_uuid"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_v1_rejects_a_whole_batch_for(inspector: RunningInspector, sender: Sender, name: str) -> None:
    data, code = WHOLE[name]
    answer = sender.post_v1(data)
    assert (answer.status, answer.json()["error"]) == (400, code)
    assert inspector.good() == []
    assert inspector.bad()[0]["reason"].startswith(code)


DROPPED: dict[str, tuple[dict[str, Any], str]] = {
    "a long name": ({"event": "n" * 201}, "event_name_too_long"),
    "no id": ({"distinct_id": None}, "missing_distinct_id"),
    "an id of 202 bytes": ({"distinct_id": "é" * 101}, "distinct_id_too_large"),
    "a time without zone": ({"timestamp": "2026-01-02T03:04:05"}, "invalid_event_timestamp"),
    "no time": ({"timestamp": None}, "invalid_event_timestamp"),
    "properties that are none": ({"properties": []}, "malformed_event_properties"),
    "options that are none": ({"options": 3}, "invalid_options"),
    "an option of a wrong type": ({"options": {"process_person_profile": "no"}}, "invalid_options"),
}


@pytest.mark.parametrize("name", DROPPED)
def test_v1_drops_a_single_event_for(inspector: RunningInspector, sender: Sender, name: str) -> None:
    fields, detail = DROPPED[name]
    kept, dropped = event("kept"), event(**fields)
    answer = sender.post_v1({"batch": [kept, dropped]})
    assert answer.json()["results"] == {
        kept["uuid"]: {"result": "ok"},
        dropped["uuid"]: {"result": "drop", "details": detail},
    }
    assert [one["event"] for one in inspector.good()] == ["kept"]
    assert [(bad["status"], bad["reason"]) for bad in inspector.bad()] == [(200, detail)]


def test_v1_warns_of_an_illegal_id_and_makes_no_person_of_it(
    inspector: RunningInspector, sender: Sender
) -> None:
    sent = event(distinct_id="Anonymous")
    answer = sender.post_v1({"batch": [sent]})
    result = {"result": "warning", "details": "person_processing_disabled"}
    assert answer.json()["results"] == {sent["uuid"]: result}
    assert inspector.good()[0]["warnings"] == ["illegal_distinct_id"]
    assert inspector.persons() == []


def test_v1_results_can_be_ordered_by_event_name(inspector: RunningInspector, sender: Sender) -> None:
    fine, later, never = event("fine"), event("later"), event("never")
    inspector.fail(events=["later"], result="retry")
    answer = sender.post_v1({"batch": [fine, later]})
    assert answer.json()["results"][later["uuid"]] == {"result": "retry", "details": "told_to_fail"}
    assert answer.headers["retry-after"] == "1"
    inspector.fail(events=["never"], body="event_restriction_drop")
    answer = sender.post_v1({"batch": [later, never]})
    assert answer.json()["results"] == {
        later["uuid"]: {"result": "ok"},
        never["uuid"]: {"result": "drop", "details": "event_restriction_drop"},
    }
    assert [one["event"] for one in inspector.good()] == ["fine", "later"]
