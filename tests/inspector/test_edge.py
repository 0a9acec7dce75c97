"""A minimal input for each rule of the capture service: the status, code or detail, and the rule's id."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from otel.inspector import RunningInspector
from otel.inspector.rules.edge import RULES
from tests.inspector.sending import TIME, Sender, batch, batch_v1, event

MIB = 1024 * 1024
SAME = event()
SOON = (datetime.now(UTC) + timedelta(days=3)).isoformat(timespec="seconds")
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A request that PostHog refuses as a whole."""

    body: Any
    status: int
    says: str
    headers: dict[str, str | None] = field(default_factory=dict)
    is_v1: bool = False


@dataclass(frozen=True, kw_only=True)
class Drop:
    """An event that capture v1 drops, while it stores the other event of the batch."""

    event: dict[str, Any]
    detail: str
    is_warned: bool = True


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An event that PostHog stores with the `expected` fields; `NOW` means the time of arrival."""

    event: dict[str, Any]
    expected: dict[str, Any]
    details: str | None = None
    headers: dict[str, str | None] = field(default_factory=dict)
    is_v1: bool = False


NOW = "now"


def refused(body: Any, says: str, status: int = 400) -> Refusal:
    return Refusal(body=body, status=status, says=says)


def refused_v1(body: Any, code: str, status: int = 400, **headers: str | None) -> Refusal:
    return Refusal(body=body, status=status, says=code, headers=headers, is_v1=True)


def dropped(detail: str, *, is_warned: bool = True, **fields: Any) -> Drop:
    return Drop(event=event(**fields), detail=detail, is_warned=is_warned)


def stored(fields: dict[str, Any], **expected: Any) -> Stored:
    return Stored(event=event(**fields), expected=expected)


def stored_v1(fields: dict[str, Any], details: str | None = None, **expected: Any) -> Stored:
    return Stored(event=event(**fields), expected=expected, details=details, is_v1=True)


PARSING = "failed to parse request: "
NO_ID = "event submitted without a distinct_id"
NOT_A_MODE = "event submitted with invalid cookieless mode"
CASES: dict[str, list[Refusal | Drop | Stored]] = {
    "V0-1": [
        refused(batch({"distinct_id": "u"}), PARSING),
        refused(batch(event(properties=None)), PARSING),
        refused(batch(event(timestamp=1764496800)), PARSING),
        refused(batch(event(offset=1.5)), PARSING),
        refused(batch(event(offset=True)), PARSING),
        refused(batch(event(uuid="x")), PARSING),
        refused(batch(event() | {"$set": []}), PARSING),
        refused(batch(event() | {"$set_once": "x"}), PARSING),
        refused(batch(event() | {"$distinct_id": "u2"}), PARSING),
        refused({"batch": [event()]}, PARSING),
        refused(batch(event(), api_key=7), PARSING),
        refused(batch(event(), sent_at=7), PARSING),
    ],
    "V0-2": [
        refused(batch(event("")), "event submitted with an empty event name"),
        refused(batch({"event": "a"}), NO_ID),
        refused(batch(event(distinct_id=None)), NO_ID),
        refused(batch(event(distinct_id="  ")), NO_ID),
    ],
    "V0-3": [
        refused(batch(event(properties={"$cookieless_mode": value})), NOT_A_MODE) for value in (None, "x", 1)
    ],
    "V0-4": [stored({"distinct_id": "x" * 250}, distinct_id="x" * 200)],
    "V0-5": [
        stored({"distinct_id": " u "}, distinct_id=" u "),
        stored({"distinct_id": 7}, distinct_id="7"),
        stored({"distinct_id": {"b": 1, "a": 2}}, distinct_id='{"a":2,"b":1}'),
    ],
    "V0-6": [
        stored({"event": "x" * 250}, event="x" * 200),
        stored({"event": "x" + "😀" * 100}, event="x" + "😀" * 99 + "\ufffd"),
    ],
    "V0-7": [refused(b" " * (20 * MIB + 1), "maximum event size exceeded", 413)],
    "V0-9": [stored({"$unset": ["a"]}, properties={})],
    "V1-1": [refused_v1(batch_v1(event()), "missing_authorization", 401, authorization=None)],
    "V1-2": [
        refused_v1(batch_v1(event()), "invalid_header_value", authorization="Basic x"),
        refused_v1(batch_v1(event()), "invalid_api_token", 401, authorization="Bearer phx_x"),
    ],
    "V1-3": [
        refused_v1(batch_v1(event()), "missing_required_headers", posthog_attempt=None, user_agent=None)
    ],
    "V1-4": [
        refused_v1(batch_v1(event()), "unsupported_content_type", 415, content_type="text/plain"),
        refused_v1(batch_v1(event()), "unsupported_encoding", 415, content_encoding="lz4"),
        refused_v1(batch_v1(event()), "unsupported_encoding", 415, content_encoding="gzip, br"),
    ],
    "V1-5": [
        refused_v1(batch_v1(event()), "invalid_header_value", posthog_request_id="x"),
        refused_v1(batch_v1(event()), "invalid_header_value", posthog_attempt="0"),
        refused_v1(batch_v1(event()), "invalid_header_value", posthog_request_timestamp="now"),
    ],
    "V1-6": [
        Stored(
            event=event(),
            expected={"lib": "", "properties": {}},
            headers={"posthog_sdk_info": info},
            is_v1=True,
        )
        for info in ("x", "/1", "x/" + "1" * 199)
    ],
    "V1-7": [
        refused_v1(b"", "empty_body"),
        refused_v1(b"{", "request_parsing_error"),
        refused_v1(batch_v1(event(), created_at=None), "request_parsing_error"),
        refused_v1({"created_at": TIME}, "request_parsing_error"),
    ],
    "V1-8": [
        *(
            refused_v1(batch_v1(event(), event() | {name: value}), "request_parsing_error")
            for name in ("event", "uuid", "distinct_id", "timestamp")
            for value in (None, 7)
        ),
        refused_v1(batch_v1(event(session_id=5)), "request_parsing_error"),
        refused_v1(batch_v1(event(window_id=5)), "request_parsing_error"),
    ],
    "V1-9": [
        refused_v1(batch_v1(), "empty_batch"),
        refused_v1(batch_v1(event(), created_at="x"), "invalid_batch"),
    ],
    "V1-10": [
        refused_v1(batch_v1(event(uuid=" ")), "missing_event_uuid"),
        refused_v1(batch_v1(event(uuid="x")), "invalid_event_uuid"),
        refused_v1(
            batch_v1(SAME, SAME | {"uuid": SAME["uuid"].replace("-", "").upper()}), "duplicate_event_uuid"
        ),
    ],
    "V1-11": [
        dropped("dropped_performance_event", is_warned=False, event="$performance_event", distinct_id=""),
        dropped("missing_event_name", event="", distinct_id=""),
        dropped("event_name_too_long", event="é" * 101, distinct_id=""),
        dropped("missing_distinct_id", distinct_id=" ", timestamp="x"),
        dropped("distinct_id_too_large", distinct_id="é" * 101, timestamp="x"),
        dropped("invalid_event_timestamp", timestamp="x", properties=[1]),
        dropped("malformed_event_properties", properties=[1], options=[]),
        dropped("malformed_event_properties", properties=None, options=[]),
    ],
    "V1-12": [
        dropped("invalid_options", options={"process_person_profile": "yes"}),
        dropped("invalid_options", options=[]),
    ],
    "V1-13": [
        stored_v1(
            {"options": {"process_person_profile": value, "cookieless_mode": None, "other": 1}},
            properties={"$process_person_profile": meaning, "$lib": "tests", "$lib_version": "1.0"},
        )
        for value, meaning in ((" TRUE ", True), ("0", False), (0, False), (2.5, True))
    ],
    "V1-14": [
        stored_v1({"distinct_id": "Anonymous"}, "person_processing_disabled", distinct_id="Anonymous"),
        stored_v1({"distinct_id": " NaN "}, "person_processing_disabled", distinct_id="NaN"),
    ],
    "V1-16": [dropped("event_too_big", is_warned=False, properties={"a": "x" * 1_000_001})],
    "V1-17": [
        stored_v1({"$set": {"a": 1}}, properties={"$lib": "tests", "$lib_version": "1.0"}),
        stored_v1({"$set_once": {"a": 1}}, properties={"$lib": "tests", "$lib_version": "1.0"}),
    ],
    "V1-18": [stored_v1({"distinct_id": " u "}, distinct_id="u")],
    "TI-1": [
        stored({"timestamp": "1764496800"}, timestamp="2025-11-30T10:00:00.000000Z"),
        stored({"timestamp": "2025-11-30T10:00:00"}, timestamp="2025-11-30T10:00:00.000000Z"),
        stored({"timestamp": "soon"}, timestamp=NOW),
    ],
    "TI-2": [
        stored({"timestamp": SOON}, timestamp=NOW),
        Stored(
            event=event(timestamp=SOON),
            expected={"timestamp": NOW},
            headers={"posthog_request_timestamp": datetime.now(UTC).isoformat()},
            is_v1=True,
        ),
    ],
    "TI-3": [
        stored_v1(
            {"timestamp": "2031-01-01T00:00:00Z", "options": {"disable_skew_correction": True}},
            timestamp="2031-01-01T00:00:00.000000Z",
        )
    ],
    "TI-4": [dropped("invalid_event_timestamp", timestamp="20261130T100000Z")],
    "TI-5": [
        stored({"timestamp": "-000044-03-15T12:00:00"}, timestamp="1970-01-01T00:00:00.000000Z"),
        stored({"offset": 100_000_000_000_000}, timestamp="1970-01-01T00:00:00.000000Z"),
    ],
}
# These need more than one request, or a failure on demand. Each has its own test below.
TESTED_SEPARATELY = {"V0-8", "V1-15", "UU-1"}


def flat() -> list[Any]:
    return [
        pytest.param(rule, case, id=f"{rule}.{number}")
        for rule, cases in CASES.items()
        for number, case in enumerate(cases, 1)
    ]


@pytest.mark.parametrize(("rule", "case"), flat())
def test_the_request_is_answered_as_by_posthog_and_the_rule_is_named(
    inspector: RunningInspector, sender: Sender, rule: str, case: Refusal | Drop | Stored
) -> None:
    if isinstance(case, Refusal):
        assert_refused(inspector, sender, rule, case)
    elif isinstance(case, Drop):
        assert_dropped(inspector, sender, rule, case)
    else:
        assert_stored(inspector, sender, rule, case)


def assert_refused(inspector: RunningInspector, sender: Sender, rule: str, case: Refusal) -> None:
    answer = sender.post_v1(case.body, **case.headers) if case.is_v1 else sender.post(case.body)
    assert answer.status == case.status
    if case.is_v1:
        assert answer.json()["error"] == case.says
    else:
        assert answer.data.decode().startswith(case.says)
    assert [one["rule"] for one in inspector.bad()] == [rule]
    assert inspector.good() == []


def assert_dropped(inspector: RunningInspector, sender: Sender, rule: str, case: Drop) -> None:
    kept = event("kept")
    answer = sender.post_v1(batch_v1(case.event, kept))
    assert answer.json()["results"] == {
        case.event["uuid"]: {"result": "drop", "details": case.detail},
        kept["uuid"]: {"result": "ok"},
    }
    assert [(one["rule"], one["status"]) for one in inspector.bad()] == [(rule, 200)]
    assert [one["event"] for one in inspector.good()] == ["kept"]
    assert edge_warnings(inspector) == [(case.detail, 1, rule)] * case.is_warned


def edge_warnings(inspector: RunningInspector) -> list[tuple[str, int, str]]:
    """Return the type, count and rule of each warning of the capture service."""
    ids = {rule.id for rule in RULES}
    return [(one["type"], one["count"], one["rule"]) for one in inspector.warnings() if one["rule"] in ids]


def assert_stored(inspector: RunningInspector, sender: Sender, rule: str, case: Stored) -> None:
    if case.is_v1:
        answer = sender.post_v1(batch_v1(case.event), **case.headers)
        result = {"result": "ok"} | ({"details": case.details} if case.details else {})
        assert answer.json()["results"] == {case.event["uuid"]: result}
    else:
        answer = sender.post(batch(case.event))
    assert answer.status == 200
    [capture] = inspector.good()
    assert rule in capture["outcome"]["rules"]
    expected = {
        name: capture["received_at"] if value is NOW else value for name, value in case.expected.items()
    }
    assert {name: capture[name] for name in expected} == expected


def test_every_rule_of_the_capture_service_has_an_input() -> None:
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids)
    assert set(ids) == CASES.keys() | TESTED_SEPARATELY


def test_v0_8_a_performance_event_is_discarded_over_v0(inspector: RunningInspector, sender: Sender) -> None:
    assert sender.post(batch(event("$performance_event"))).status == 200
    assert sender.post(batch(event("$performance_event", distinct_id=""), event("kept"))).status == 200
    assert [(one["rule"], one["status"]) for one in inspector.bad()] == [("V0-8", 200)] * 2
    assert [one["event"] for one in inspector.good()] == ["kept"]


def test_v1_6_the_sdk_is_split_at_its_last_slash(inspector: RunningInspector, sender: Sender) -> None:
    sender.post_v1(batch_v1(event(properties={"$lib": "mine"})), posthog_sdk_info="a/b / 1")
    [capture] = inspector.good()
    assert capture["lib"] == "a/b 1"
    assert capture["properties"] == {"$lib": "a/b", "$lib_version": "1"}


def test_v1_15_too_many_events_of_one_id_are_stored_without_a_person(
    inspector: RunningInspector, sender: Sender
) -> None:
    inspector.fail(events=["often"], result="warning")
    often = event("often", properties={"$set": {"a": 1}})
    answer = sender.post_v1(batch_v1(often))
    result = {"result": "warning", "details": "person_processing_disabled"}
    assert answer.json()["results"] == {often["uuid"]: result}
    [capture] = inspector.good()
    assert "V1-15" in capture["outcome"]["rules"]
    assert edge_warnings(inspector) == [("high_volume_distinct_id", 1, "V1-15")]
    assert inspector.persons() == []


def test_v1_16_an_event_that_the_queue_refuses_must_be_sent_again(
    inspector: RunningInspector, sender: Sender
) -> None:
    inspector.fail(events=["later"], result="retry")
    later = event("later")
    answer = sender.post_v1(batch_v1(later))
    assert answer.json()["results"] == {later["uuid"]: {"result": "retry", "details": "not_persisted"}}
    assert inspector.good() == []


@pytest.mark.parametrize("uuid", [None, ""])
def test_uu_1_an_event_without_a_uuid_gets_a_v7_with_its_own_time(
    inspector: RunningInspector, sender: Sender, uuid: str | None
) -> None:
    sender.post(batch(event(uuid=uuid)))
    sender.post(batch(event(uuid=uuid)))
    captures = inspector.good()
    assert len(captures) == 2
    for capture in captures:
        assert UUID7.fullmatch(capture["uuid"])
        assert "UU-1" in capture["outcome"]["rules"]
        made = datetime.fromtimestamp(int(capture["uuid"].replace("-", "")[:12], 16) / 1000, UTC)
        assert abs(made - datetime.fromisoformat(TIME)) < timedelta(milliseconds=2)


def test_uu_1_the_uuid_of_an_event_before_1970_has_the_time_of_the_epoch(
    inspector: RunningInspector, sender: Sender
) -> None:
    sender.post(batch(event(uuid=None, timestamp="1969-07-20T20:17:40Z")))
    assert [one["uuid"][:13] for one in inspector.good()] == ["00000000-0000"]
