"""To any request, the inspector answers as PostHog would, and never fails itself."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel.inspector import RunningInspector, running_inspector
from tests.inspector.sending import TIME, Sender, batch, batch_v1, event

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
NAMES = st.sampled_from(
    [
        "event", "distinct_id", "uuid", "timestamp", "offset", "properties", "batch", "api_key", "token",
        "sent_at", "$set", "$set_once", "$unset", "$groups", "$group_set", "$group_type", "$group_key",
        "$exception_list", "$session_id", "$anon_distinct_id", "alias", "type", "value", "mechanism",
        "stacktrace", "frames", "platform", "options", "$exception_fingerprint", "occurrences",
        "$process_person_profile",
    ]
)  # fmt: skip
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=25,
)
EVENT_NAMES = st.sampled_from(
    ["$exception", "$identify", "$groupidentify", "$create_alias", "$set", "user_signed_up", "a"]
)
EVENTS = st.fixed_dictionaries(
    {"event": EVENT_NAMES, "distinct_id": st.sampled_from(["u1", "u2", "null"])},
    optional={
        "uuid": st.uuids().map(str) | JSON,
        "timestamp": st.datetimes().map(str) | JSON,
        "offset": st.integers(),
        "properties": st.dictionaries(NAMES, JSON, max_size=6),
        "$set": st.dictionaries(NAMES, JSON),
    },
)
BATCHES = st.fixed_dictionaries({"api_key": st.just("phc_test"), "batch": st.lists(EVENTS, max_size=4)})
# Nearly valid for capture v1: each event has all required fields, with values that may be wrong.
V1_EVENTS = st.fixed_dictionaries(
    {
        "event": EVENT_NAMES | st.text(max_size=220),
        "uuid": st.uuids().map(str),
        "distinct_id": st.sampled_from(["u1", " u1 ", "Anonymous", "é" * 101]) | st.text(max_size=10),
        "timestamp": st.sampled_from([TIME, "0000-01-01T00:00:00Z", "9999-12-31T23:59:60-23:59"]) | st.text(),
    },
    optional={
        "properties": st.dictionaries(NAMES, JSON, max_size=6) | JSON,
        "options": st.dictionaries(
            st.sampled_from(["process_person_profile", "disable_skew_correction", "product_tour_id", "x"]),
            JSON,
        )
        | JSON,
        "session_id": st.none() | st.text(max_size=5) | st.integers(),
    },
)
V1_BATCHES = st.fixed_dictionaries(
    {"created_at": st.just(TIME), "batch": st.lists(V1_EVENTS, min_size=1, max_size=4)}
)
VIEWS = ("all", "good", "bad", "persons", "groups", "errors", "funnel", "warnings", "requests")


@pytest.fixture(scope="module")
def target() -> Iterator[tuple[RunningInspector, Sender]]:
    with running_inspector(captures_kept=50) as inspector:
        sender = Sender(inspector.url)
        yield inspector, sender
        sender.close()


def _dump(data: Any) -> bytes:
    try:
        return orjson.dumps(data)
    except orjson.JSONEncodeError:  # an integer beyond 64 bits
        return repr(data).encode(errors="replace")


@settings(max_examples=50, deadline=None)
@given(data=JSON | BATCHES | EVENTS, route=st.sampled_from(["/batch/", "/e/", "/capture", "/s/"]))
def test_any_json_is_answered_as_posthog_would_and_can_be_shown(
    target: tuple[RunningInspector, Sender], data: Any, route: str
) -> None:
    _, sender = target
    assert sender.post(_dump(data), route).status in (200, 400, 401)
    statuses = {view: sender.send("GET", f"/inspector/{view}").status for view in VIEWS}
    assert statuses == dict.fromkeys(VIEWS, 200)
    assert sender.send("GET", "/").status == 200


@settings(max_examples=80, deadline=None)
@given(data=JSON | BATCHES | V1_BATCHES)
def test_any_json_is_answered_by_capture_v1(target: tuple[RunningInspector, Sender], data: Any) -> None:
    _, sender = target
    answer = sender.post_v1(_dump(data))
    assert answer.status in (200, 400)
    if answer.status == 200:
        assert set(answer.json()["results"]) == {one["uuid"] for one in data["batch"]}
    else:
        assert set(answer.json()) == {"error", "error_description", "error_uri"}


# The characters that a server's parser accepts; control characters never reach an application.
HEADER_TEXT = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20).map(str.strip)


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(
        [
            "authorization",
            "posthog_sdk_info",
            "posthog_attempt",
            "posthog_request_id",
            "posthog_request_timestamp",
            "content_type",
            "content_encoding",
        ]
    ),
    value=HEADER_TEXT | HEADER_TEXT.map("Bearer {}".format),
)
def test_any_header_is_answered_by_capture_v1(
    target: tuple[RunningInspector, Sender], name: str, value: str
) -> None:
    _, sender = target
    answer = sender.post_v1(batch_v1(event()), **{name: value})
    assert answer.status in (200, 400, 401, 415)
    assert "results" in answer.json() or "error" in answer.json()


@settings(max_examples=40, deadline=None)
@given(
    body=st.binary(max_size=60),
    prefix=st.sampled_from([b"", b"\x1f\x8b", b"data=", b"data=%7B", b"compression="]),
)
def test_any_bytes_are_answered(target: tuple[RunningInspector, Sender], body: bytes, prefix: bytes) -> None:
    _, sender = target
    for query in ("", "?compression=base64", "?compression=gzip-js", "?_=x&beacon=1"):
        assert sender.post(prefix + body, "/e/" + query).status in (200, 204, 400, 401)


@pytest.mark.parametrize("depth", [100, 200, 300, 2000, 100_000])
def test_deeply_nested_json_is_answered(target: tuple[RunningInspector, Sender], depth: int) -> None:
    _, sender = target
    nested = b'{"a":' * depth + b"1" + b"}" * depth
    body = b'{"api_key":"phc_test","event":"deep","distinct_id":"u1","properties":' + nested + b"}"
    assert sender.send("POST", "/e/", gzip.compress(body)).status in (200, 400)
    text = orjson.dumps(batch_v1(event(properties="deep")))
    assert sender.post_v1(text.replace(b'"deep"', nested)).status in (200, 400)


def test_a_request_that_is_cut_off_is_ignored_without_an_error_in_the_log(
    inspector: RunningInspector, sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    address = urlsplit(inspector.url)
    with socket.create_connection((address.hostname, address.port)) as leaving:
        head = f"POST /e/ HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 1000\r\n\r\n"
        leaving.sendall(head.encode() + b"{")
    assert sender.post(batch(event("after_it"))).status == 200
    assert [one["event"] for one in inspector.good()] == ["after_it"]
    assert len(inspector.requests()) == 1
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
