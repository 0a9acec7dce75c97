"""The v0 routes: request forms, encodings, statuses and texts (`wire.md` sections 1.1 to 1.7)."""

from __future__ import annotations

import base64
import gzip
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import pytest

from otel.inspector import RunningInspector
from tests.inspector.sending import TIME, Sender, batch, event

ROUTES = ("/batch", "/i/v0/e", "/e", "/capture", "/track", "/engage")


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("route", ROUTES)
def test_every_route_accepts_a_batch(
    inspector: RunningInspector, sender: Sender, route: str, slash: str
) -> None:
    answer = sender.post(batch(event("order_placed")), route + slash)
    assert (answer.status, answer.json()) == (200, {"status": "Ok"})
    assert [one["event"] for one in inspector.good()] == ["order_placed"]


@pytest.mark.parametrize("slash", ["", "/"])
def test_session_replay_is_accepted_but_is_not_a_capture(
    inspector: RunningInspector, sender: Sender, slash: str
) -> None:
    assert sender.post(batch(event("$snapshot")), "/s" + slash).status == 200
    assert inspector.good() == []
    assert inspector.requests()[0]["events"] == 1


def test_a_capture_shows_what_was_sent(inspector: RunningInspector, sender: Sender) -> None:
    uuid = (
        "019b7ca9-8f2e-7000-8000-000000000000"  # a v7 with the event's time; any other uuid causes a warning
    )
    sent = event(
        uuid=uuid, properties={"amount": 3, "$lib": "tests", "$lib_version": "1.0", "tags": ["a", None]}
    )
    sender.post(batch(sent))
    [capture] = inspector.good()
    received_at, outcome = capture.pop("received_at"), capture.pop("outcome")
    assert received_at > TIME
    assert outcome["verdict"] == "kept"
    assert capture == {
        "number": 1,
        "uuid": sent["uuid"],
        "event": "order_placed",
        "distinct_id": "u1",
        "timestamp": TIME,
        "properties": sent["properties"],
        "deliveries": 1,
        "lib": "tests 1.0",
        "warnings": [],
    }


@pytest.mark.parametrize("name", ["api_key", "token", "$token"])
def test_the_token_of_an_event_has_aliases(inspector: RunningInspector, sender: Sender, name: str) -> None:
    assert sender.post(event() | {name: "phc_test"}).status == 200
    assert sender.post([event() | {name: "phc_test"}]).status == 200
    assert inspector.all()["good"] == 2


@pytest.mark.parametrize(("name", "status"), [("api_key", 200), ("token", 200), ("$token", 400)])
def test_the_token_of_a_batch_has_one_alias(
    inspector: RunningInspector, sender: Sender, name: str, status: int
) -> None:
    assert sender.post({name: "phc_test", "batch": [event()]}).status == status
    assert len(inspector.good()) == (status == 200)


def test_events_without_a_token_share_the_token_of_their_array(
    inspector: RunningInspector, sender: Sender
) -> None:
    assert sender.post([event("a"), event("b", token="phc_test")]).status == 200
    assert [one["event"] for one in inspector.good()] == ["a", "b"]


def test_an_update_of_a_person_on_the_oldest_route_has_no_name(
    inspector: RunningInspector, sender: Sender
) -> None:
    update = {"$token": "phc_test", "$distinct_id": "ann", "$set": {"plan": "pro"}}
    assert sender.post(update, "/engage/").status == 200
    assert [(one["event"], one["distinct_id"]) for one in inspector.good()] == [("$identify", "ann")]
    assert sender.post(update, "/capture/").status == 400


def test_posthog_js_puts_token_and_id_into_properties(inspector: RunningInspector, sender: Sender) -> None:
    sent = {"event": "$pageview", "properties": {"token": "phc_test", "distinct_id": "visitor"}}
    assert sender.post([sent], "/e/").status == 200
    assert [one["distinct_id"] for one in inspector.good("$pageview")] == ["visitor"]


def _encodings() -> dict[str, tuple[str, bytes]]:
    text = orjson.dumps(batch(event("encoded")))
    zipped, coded = gzip.compress(text), base64.b64encode(text)
    return {
        "plain": ("/e/", text),
        "gzip by its magic bytes": ("/e/", zipped),
        "gzip as posthog-js names it": ("/e/?compression=gzip-js", zipped),
        "base64": ("/e/?compression=base64", coded),
        "base64 of gzip": ("/e/?compression=base64", base64.b64encode(zipped)),
        "form of base64": ("/e/?compression=base64", b"data=" + quote(coded).encode()),
        "form of base64, plus signs as they are": ("/e/", b"data=" + coded),
        "form of JSON": ("/e/", urlencode({"data": text.decode()}).encode()),
        "form that names its compression": ("/e/", urlencode({"compression": "b64", "data": coded}).encode()),
    }


@pytest.mark.parametrize("name", _encodings())
def test_a_body_may_be_encoded_as(inspector: RunningInspector, sender: Sender, name: str) -> None:
    path, body = _encodings()[name]
    answer = sender.send("POST", path, body)
    assert (answer.status, answer.data) == (200, b'{"status":"Ok"}')
    assert [one["event"] for one in inspector.good()] == ["encoded"]


def test_an_event_may_come_by_get(inspector: RunningInspector, sender: Sender) -> None:
    coded = base64.b64encode(orjson.dumps(batch(event("by_get")))).decode()
    assert sender.send("GET", f"/e/?{urlencode({'data': coded})}").status == 200
    assert (
        sender.send("GET", f"/e/?{urlencode({'data': orjson.dumps(batch(event('by_get')))})}").status == 200
    )
    assert [one["event"] for one in inspector.good()] == ["by_get", "by_get"]


def test_a_beacon_is_answered_with_204(inspector: RunningInspector, sender: Sender) -> None:
    answer = sender.post(batch(event("left")), "/e/?beacon=1")
    assert (answer.status, answer.data) == (204, b"")
    assert [one["event"] for one in inspector.good()] == ["left"]


REFUSED: dict[str, tuple[Any, int, str]] = {
    "invalid gzip": (b"\x1f\x8bnothing", 400, "failed to decode request: invalid GZIP data"),
    "truncated gzip": (gzip.compress(b"{}" * 99)[:-9], 400, "failed to decode request: invalid GZIP data"),
    "invalid base64": (b"data=%%%", 400, "failed to decode request: invalid base64 data"),
    "no body": (b"", 400, "request missing data payload"),
    "invalid JSON": (b"{", 400, "failed to parse request: "),
    "a number": (b"3", 400, "failed to parse request: "),
    "a batch that is not an array": ({"api_key": "phc_test", "batch": 1}, 400, "failed to parse request: "),
    "an empty batch": (batch(), 400, "request holds no event"),
    "an empty array": ([], 400, "request holds no event"),
    "an event that is not an object": (batch(3), 400, "failed to parse request: "),
    "no name": (batch({"distinct_id": "u1"}), 400, "failed to parse request: missing field `event`"),
    "an empty name": (batch(event("")), 400, "event submitted with an empty event name"),
    "no id": (batch({"event": "a"}), 400, "event submitted without a distinct_id"),
    "an empty id": (batch(event(distinct_id="")), 400, "event submitted without a distinct_id"),
    "a blank id": (batch(event(distinct_id=" \t")), 400, "event submitted without a distinct_id"),
    "a malformed uuid": (batch(event(uuid="123")), 400, "failed to parse request: UUID parsing failed"),
    "properties that are not an object": (
        batch(event(properties=[])),
        400,
        "failed to parse request: `properties`",
    ),
    "a cookieless flag that is not a boolean": (
        batch(event(properties={"$cookieless_mode": "yes"})),
        400,
        "event submitted with invalid cookieless mode",
    ),
    "no token": (event(), 401, "event submitted without an api_key"),
    "no token of a batch": ({"batch": [event()]}, 400, "failed to parse request: "),
    "no token in an array": ([event()], 401, "event submitted without an api_key"),
    "two tokens": (
        [event(token="a"), event(token="b")],
        401,
        "batch submitted with inconsistent api_key values",
    ),
    "an empty token": (batch(event(), api_key=" "), 401, "API key is not valid: empty"),
    "a long token": (batch(event(), api_key="a" * 65), 401, "API key is not valid: too_long"),
    "a token beyond ASCII": (batch(event(), api_key="ключ"), 401, "API key is not valid: not_ascii"),
    "a personal key": (batch(event(), api_key="phx_1"), 401, "API key is not valid: personal_api_key"),
    "a token with NUL": (batch(event(), api_key="a\0b"), 401, "API key is not valid: null_byte"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_that_posthog_refuses_is_refused_with_the_same_text(
    inspector: RunningInspector, sender: Sender, name: str
) -> None:
    data, status, text = REFUSED[name]
    answer = sender.post(data)
    assert answer.status == status
    assert answer.data.decode().startswith(text)
    assert answer.headers["content-type"].startswith("text/plain")
    assert inspector.good() == []
    [bad] = inspector.bad()
    assert (bad["route"], bad["status"], bad["reason"]) == ("/batch/", status, answer.data.decode())


def test_lz64_is_refused_with_the_reason(inspector: RunningInspector, sender: Sender) -> None:
    answer = sender.post(b"N4Ig", "/e/?compression=lz64")
    assert (answer.status, b"lz64" in answer.data) == (400, True)
    assert inspector.good() == []


def test_one_bad_event_rejects_the_whole_batch(inspector: RunningInspector, sender: Sender) -> None:
    answer = sender.post(batch(event("first"), event(""), event("third")))
    assert answer.status == 400
    assert inspector.good() == []
    [bad] = inspector.bad()
    assert bad["events"] == 3
    assert "first" in bad["body"]


def test_an_empty_uuid_counts_as_missing(inspector: RunningInspector, sender: Sender) -> None:
    assert sender.post(batch(event(uuid=""), event(uuid=None))).status == 200
    assert len({one["uuid"] for one in inspector.good()}) == 2


@pytest.mark.parametrize(
    ("sent", "stored"), [(7, "7"), (True, "true"), ({"a": 1}, '{"a":1}'), ("a\0b", "a�b")]
)
def test_an_id_of_any_type_becomes_a_string(
    inspector: RunningInspector, sender: Sender, sent: Any, stored: str
) -> None:
    assert sender.post(batch(event(distinct_id=sent))).status == 200
    assert [one["distinct_id"] for one in inspector.good()] == [stored]


def test_updates_next_to_the_properties_move_into_them_except_unset(
    inspector: RunningInspector, sender: Sender
) -> None:
    inside = {"$set": {"a": 0, "d": 4}}
    sender.post(batch(event(properties=inside) | {"$set": {"a": 1}, "$set_once": {"b": 2}, "$unset": ["c"]}))
    [capture] = inspector.good()
    assert capture["properties"] == {"$set": {"a": 1, "d": 4}, "$set_once": {"b": 2}}


def test_any_origin_may_send_with_credentials(inspector: RunningInspector, sender: Sender) -> None:
    headers = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-mine",
    }
    preflight = sender.send("OPTIONS", "/e/", headers=headers)
    assert preflight.status == 200
    assert preflight.headers["access-control-allow-origin"] == "https://app.example"
    assert preflight.headers["access-control-allow-credentials"] == "true"
    assert "x-mine" in preflight.headers["access-control-allow-headers"]
    assert "POST" in preflight.headers["access-control-allow-methods"]
    refused = sender.send("POST", "/e/", b"{", {"Origin": "https://app.example"})
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (400, "https://app.example")
    assert sender.send("OPTIONS", "/e/").status == 204
    assert inspector.all()["good"] == 0


def test_a_request_is_recorded_without_its_authorization(inspector: RunningInspector, sender: Sender) -> None:
    body = gzip.compress(orjson.dumps(batch(event(), event())))
    sender.send("POST", "/batch/?v=1", body, {"Authorization": "Bearer phx_secret", "X-Mine": "1"})
    [request] = inspector.requests()
    assert request["headers"]["x-mine"] == "1"
    assert "authorization" not in request["headers"]
    assert (request["method"], request["route"], request["query"]) == ("POST", "/batch/", {"v": "1"})
    assert (request["encoding"], request["status"], request["events"]) == ("gzip", 200, 2)
    assert (request["wire_bytes"], request["told_to"]) == (len(body), None)


def test_other_methods_and_routes_are_refused(inspector: RunningInspector, sender: Sender) -> None:
    assert sender.send("PUT", "/batch/", b"{}").status == 405
    assert sender.post(batch(event()), "/nowhere/").status == 404
    assert inspector.all()["total"] == 0
