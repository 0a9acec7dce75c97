"""Capture v1: required headers, a result for each event, and errors with a code (`wire.md` section 1.8)."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from otel.inspector import RunningInspector
from tests.inspector.sending import TIME, Sender, batch_v1, event


def test_an_accepted_event_is_stored_with_the_fields_that_v1_has_next_to_its_properties(
    inspector: RunningInspector, sender: Sender
) -> None:
    session = "0190f5b0-0000-7000-8000-000000000000"
    sent = event(
        properties={"amount": 3},
        session_id=session,
        window_id="w",
        options={"process_person_profile": False, "disable_skew_correction": True},
    )
    answer = sender.post_v1(batch_v1(sent))
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
    "Deflate": lambda body: zlib.compress(body)[2:-4],  # raw deflate, without zlib's header and checksum
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_v1_body_may_be_encoded_as(inspector: RunningInspector, sender: Sender, encoding: str) -> None:
    body = ENCODINGS[encoding](orjson.dumps(batch_v1(event("encoded"))))
    assert sender.post_v1(body, content_encoding=encoding).status == 200
    assert [one["event"] for one in inspector.good()] == ["encoded"]


@pytest.mark.parametrize("encoding", ["br", "zstd", "identity", "lz4", "gzip, br", ""])
def test_an_unsupported_encoding_is_answered_with_415(
    inspector: RunningInspector, sender: Sender, encoding: str
) -> None:
    answer = sender.post_v1(b"x", content_encoding=encoding)
    assert (answer.status, answer.json()["error"]) == (415, "unsupported_encoding")
    assert len(inspector.bad()) == 1


def test_without_authorization_the_other_headers_are_not_checked(
    inspector: RunningInspector, sender: Sender
) -> None:
    answer = sender.post_v1(batch_v1(event()), authorization=None, posthog_attempt=None)
    assert (answer.status, answer.json()["error"]) == (401, "missing_authorization")
    assert inspector.good() == []


REQUIRED = (
    "PostHog-Sdk-Info",
    "PostHog-Attempt",
    "PostHog-Request-Id",
    "PostHog-Request-Timestamp",
    "content-type",
    "user-agent",
)


@pytest.mark.parametrize("missing", [*((name,) for name in REQUIRED), REQUIRED[2:]], ids=str)
def test_every_header_of_v1_is_required_and_all_missing_are_named(
    inspector: RunningInspector, sender: Sender, missing: tuple[str, ...]
) -> None:
    left_out = {name.lower().replace("-", "_"): None for name in missing}
    answer = sender.post_v1(batch_v1(event()), **left_out)
    assert (answer.status, answer.json()["error"]) == (400, "missing_required_headers")
    assert {name for name in REQUIRED if name in answer.json()["error_description"]} == set(missing)
    assert inspector.good() == []


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        ({"authorization": "Basic eDp5"}, 400, "invalid_header_value"),
        ({"authorization": "Bearer"}, 400, "invalid_header_value"),
        ({"authorization": ""}, 400, "invalid_header_value"),
        ({"authorization": "Bearer phx_personal"}, 401, "invalid_api_token"),
        ({"authorization": "Bearer \xe9"}, 400, "invalid_header_value"),
        ({"posthog_attempt": "0"}, 400, "invalid_header_value"),
        ({"posthog_attempt": "first"}, 400, "invalid_header_value"),
        ({"posthog_attempt": "4294967296"}, 400, "invalid_header_value"),
        ({"posthog_request_id": "1"}, 400, "invalid_header_value"),
        ({"posthog_request_id": "0190f5b000007000-8000-000000000000"}, 400, "invalid_header_value"),
        ({"posthog_request_timestamp": "now"}, 400, "invalid_header_value"),
        ({"posthog_request_timestamp": "2026-01-02T03:04:06"}, 400, "invalid_header_value"),
        ({"content_type": "text/plain"}, 415, "unsupported_content_type"),
    ],
    ids=str,
)
def test_v1_refuses_an_invalid_header(
    inspector: RunningInspector, sender: Sender, header: dict[str, str], status: int, code: str
) -> None:
    answer = sender.post_v1(batch_v1(event()), **header)
    assert (answer.status, answer.json()["error"]) == (status, code)
    assert inspector.good() == []


@pytest.mark.parametrize(
    "header",
    [
        {"authorization": "bearer  phc_test "},
        {"content_type": "Application/JSON; charset=utf-8"},
        {"posthog_attempt": "+1"},
        {"posthog_request_id": "{0190F5B0-0000-7000-8000-000000000000}"},
        {"posthog_request_id": "0190f5b0000070008000000000000000"},
        {"posthog_request_id": "urn:uuid:0190f5b0-0000-7000-8000-000000000000"},
        {"posthog_sdk_info": "no version"},
    ],
    ids=str,
)
def test_a_header_of_v1_may_be_spelled_as(
    inspector: RunningInspector, sender: Sender, header: dict[str, str]
) -> None:
    assert sender.post_v1(batch_v1(event()), **header).status == 200
    assert len(inspector.good()) == 1


SAME = event()
WHOLE: dict[str, tuple[Any, str]] = {
    "no body": (b"", "empty_body"),
    "invalid JSON": (b"{", "request_parsing_error"),
    "no batch": ({"created_at": TIME}, "request_parsing_error"),
    "no time of the batch": (batch_v1(event(), created_at=None), "request_parsing_error"),
    "a migration that is not a boolean": (
        batch_v1(event(), historical_migration="no"),
        "request_parsing_error",
    ),
    "an empty batch": (batch_v1(), "empty_batch"),
    "a time of the batch that is not a time": (batch_v1(event(), created_at="today"), "invalid_batch"),
    "an event that is not an object": (batch_v1(3), "request_parsing_error"),
    "no uuid": (batch_v1(event(), event(uuid=None)), "request_parsing_error"),
    "a blank uuid": (batch_v1(event(), event(uuid=" ")), "missing_event_uuid"),
    "a malformed uuid": (batch_v1(event(), event(uuid="1")), "invalid_event_uuid"),
    "a uuid twice": (batch_v1(SAME, SAME | {"uuid": SAME["uuid"].upper()}), "duplicate_event_uuid"),
    "no name": (batch_v1(event(event=None)), "request_parsing_error"),
    "no id": (batch_v1(event(distinct_id=None)), "request_parsing_error"),
    "a number as the id": (batch_v1(event(distinct_id=7)), "request_parsing_error"),
    "no time": (batch_v1(event(timestamp=None)), "request_parsing_error"),
    "a number as the session": (batch_v1(event(session_id=5)), "request_parsing_error"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_v1_rejects_a_whole_batch_for(inspector: RunningInspector, sender: Sender, name: str) -> None:
    data, code = WHOLE[name]
    answer = sender.post_v1(data)
    assert (answer.status, answer.json()["error"]) == (400, code)
    assert inspector.good() == []
    assert inspector.bad()[0]["reason"].startswith(code)


DROPPED: dict[str, tuple[dict[str, Any], str]] = {
    "a performance event": ({"event": "$performance_event"}, "dropped_performance_event"),
    "an empty name": ({"event": ""}, "missing_event_name"),
    "a name of 202 bytes": ({"event": "é" * 101}, "event_name_too_long"),
    "a blank id": ({"distinct_id": " \t"}, "missing_distinct_id"),
    "an id of 202 bytes": ({"distinct_id": "é" * 101}, "distinct_id_too_large"),
    "a time without zone": ({"timestamp": "2026-01-02T03:04:05"}, "invalid_event_timestamp"),
    "a compact time": ({"timestamp": "20260102T030405Z"}, "invalid_event_timestamp"),
    "properties that are not an object": ({"properties": []}, "malformed_event_properties"),
    "null in place of properties": ({"properties": None}, "malformed_event_properties"),
    "options that are not an object": ({"options": 3}, "invalid_options"),
    "an option of the wrong type": ({"options": {"process_person_profile": "no"}}, "invalid_options"),
    "a string option that is not a string": ({"options": {"product_tour_id": 1.5}}, "invalid_options"),
    "more than the queue accepts": ({"properties": {"text": "x" * 1_000_001}}, "event_too_big"),
}


@pytest.mark.parametrize("name", DROPPED)
def test_v1_drops_a_single_event_for(inspector: RunningInspector, sender: Sender, name: str) -> None:
    fields, detail = DROPPED[name]
    kept, dropped = event("kept"), event(**fields)
    answer = sender.post_v1(batch_v1(kept, dropped))
    assert answer.json()["results"] == {
        kept["uuid"]: {"result": "ok"},
        dropped["uuid"]: {"result": "drop", "details": detail},
    }
    assert [one["event"] for one in inspector.good()] == ["kept"]
    assert [(bad["status"], bad["reason"]) for bad in inspector.bad()] == [(200, detail)]


@pytest.mark.parametrize("sent", ["Anonymous", " anonymous "])
def test_v1_does_not_create_a_person_for_an_illegal_id(
    inspector: RunningInspector, sender: Sender, sent: str
) -> None:
    one = event(distinct_id=sent, options={"process_person_profile": True})
    answer = sender.post_v1(batch_v1(one))
    result = {"result": "ok", "details": "person_processing_disabled"}
    assert answer.json()["results"] == {one["uuid"]: result}
    [capture] = inspector.good()
    assert capture["properties"]["$process_person_profile"] is True
    assert inspector.persons() == []


def test_v1_results_can_be_set_by_event_name(inspector: RunningInspector, sender: Sender) -> None:
    fine, later, never = event("fine"), event("later"), event("never")
    inspector.fail(events=["later"], result="retry")
    answer = sender.post_v1(batch_v1(fine, later))
    assert answer.json()["results"][later["uuid"]] == {"result": "retry", "details": "not_persisted"}
    assert answer.headers["retry-after"] == "1"
    inspector.fail(events=["never"], body="event_restriction_drop")
    answer = sender.post_v1(batch_v1(later, never))
    assert answer.json()["results"] == {
        later["uuid"]: {"result": "ok"},
        never["uuid"]: {"result": "drop", "details": "event_restriction_drop"},
    }
    assert [one["event"] for one in inspector.good()] == ["fine", "later"]


def test_v1_warns_once_per_batch_and_reason(inspector: RunningInspector, sender: Sender) -> None:
    nameless = event("")
    sender.post_v1(
        batch_v1(event(timestamp="soon"), nameless, event(timestamp="later"), event("$performance_event"))
    )
    warnings = {one["type"]: (one["count"], one["uuid"]) for one in inspector.warnings()}
    assert warnings == {
        "invalid_event_timestamp": (2, ""),
        "missing_event_name": (1, nameless["uuid"]),
    }


@pytest.mark.parametrize(
    ("data", "kind", "count"),
    [
        (batch_v1(SAME, SAME), "duplicate_event_uuid", 2),
        (batch_v1(), "empty_batch", 1),
        (batch_v1(event(), created_at="x"), "invalid_batch", 1),
    ],
)
def test_v1_warns_about_a_batch_that_it_refuses(
    inspector: RunningInspector, sender: Sender, data: Any, kind: str, count: int
) -> None:
    sender.post_v1(data)
    assert [(one["type"], one["count"]) for one in inspector.warnings()] == [(kind, count)]
