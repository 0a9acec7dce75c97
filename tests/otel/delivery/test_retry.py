"""PostHog's retry contract (`wire.md` section 1.9), and the waits between attempts."""

from __future__ import annotations

import socket

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel.delivery.http import Clock, RetryPolicy
from otel.delivery.http._retry import parse_retry_after
from otel.delivery.http.client import Undelivered
from otel.delivery.posthog.client import PostHogClient
from otel.inspector.running import RunningInspector
from otel.outcomes import Counters, Ledger
from otel.reasons import Reason
from otel.settings import Settings
from tests.otel.delivery.conftest import FakeClock, MakeDelivery, captures
from tests.otel.delivery.scripted import Asked, Scripted, Step

NOW = 1_795_395_600.0  # 2026-11-23T01:00:00Z


def test_retry_after_in_seconds_is_honored(
    server: Scripted, make_delivery: MakeDelivery, clock: FakeClock
) -> None:
    server.steps.append(Step(429, headers={"Retry-After": "3"}))
    assert make_delivery(server.url).deliver(captures("a")) == ()
    assert clock.waits == [3.0]


def test_retry_after_as_a_date_is_honored(
    server: Scripted, make_delivery: MakeDelivery, clock: FakeClock
) -> None:
    server.steps.append(Step(503, headers={"Retry-After": "Mon, 23 Nov 2026 01:00:07 GMT"}))
    assert make_delivery(server.url).deliver(captures("a")) == ()
    assert clock.waits == [7.0]


def test_retry_after_past_the_deadline_ends_the_delivery_immediately(
    server: Scripted, make_delivery: MakeDelivery, clock: FakeClock
) -> None:
    server.respond = lambda _: Step(429, headers={"Retry-After": "31"})
    losses = make_delivery(server.url, timeout=30).deliver(captures("a"))
    assert losses == (Undelivered(0, Reason.UNDELIVERED, "status 429"),)
    assert clock.waits == []
    assert len(server.asked) == 1


def test_the_waits_double_from_half_a_second_up_to_five(
    server: Scripted, make_delivery: MakeDelivery, clock: FakeClock
) -> None:
    server.respond = lambda _: Step(503)
    make_delivery(server.url, timeout=30).deliver(captures("a"))
    assert clock.waits == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0, 5.0]


def test_the_deadline_of_a_call_takes_precedence_over_the_timeout(
    server: Scripted, make_delivery: MakeDelivery, clock: FakeClock
) -> None:
    server.respond = lambda _: Step(503)
    make_delivery(server.url, timeout=30).deliver(captures("a"), clock.now + 2)
    assert clock.waits == [0.5, 1.0]


def test_nothing_is_sent_after_the_deadline(
    server: Scripted, make_delivery: MakeDelivery, clock: FakeClock
) -> None:
    losses = make_delivery(server.url).deliver(captures("a"), clock.now - 1)
    assert losses == (Undelivered(0, Reason.UNDELIVERED, "no time was left to send it"),)
    assert server.asked == []


def test_each_attempt_sends_the_same_bytes(server: Scripted, make_delivery: MakeDelivery) -> None:
    server.steps.extend([Step(503), Step(429), Step(silent=True), Step(500)])
    sent = captures("a", "b")
    assert make_delivery(server.url).deliver(sent) == ()
    assert len(server.asked) == 5
    assert len({asked.raw for asked in server.asked}) == 1
    assert server.asked[0].json == {
        "api_key": "phc_test",
        "batch": [
            {
                "event": capture.event,
                "distinct_id": capture.distinct_id,
                "uuid": capture.uuid,
                "timestamp": capture.timestamp,
                "properties": capture.properties,
            }
            for capture in sent
        ],
    }


def test_the_body_is_gzipped_and_labeled(server: Scripted, make_delivery: MakeDelivery) -> None:
    make_delivery(server.url).deliver(captures("a"))
    (asked,) = server.asked
    assert asked.path == "/batch/"
    assert asked.headers["content-encoding"] == "gzip"
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["user-agent"].startswith("tformance-otel/")


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_without_compression_the_body_is_json_without_an_encoding_header(
    mode: str, server: Scripted, make_delivery: MakeDelivery
) -> None:
    server.steps.append(Step(503))
    server.respond = lambda asked: Step(
        body=orjson.dumps({"results": {event["uuid"]: "ok" for event in orjson.loads(asked.raw)["batch"]}})
    )
    assert make_delivery(server.url, mode=mode, compression="none").deliver(captures("a")) == ()
    assert [orjson.loads(asked.raw)["batch"][0]["event"] for asked in server.asked] == ["a", "a"]
    assert not any("content-encoding" in asked.headers for asked in server.asked)


def test_a_path_in_the_host_is_kept(server: Scripted, make_delivery: MakeDelivery) -> None:
    make_delivery(f"{server.url}/ph/").deliver(captures("a"))
    assert server.asked[0].path == "/ph/batch/"


def test_an_unreachable_host_is_retried_until_the_deadline(
    make_delivery: MakeDelivery, clock: FakeClock
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (loss,) = make_delivery(f"http://127.0.0.1:{port}", timeout=10).deliver(captures("a"))
    assert loss.reason is Reason.UNDELIVERED
    assert "refused" in loss.detail
    assert clock.waits == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    "host", ["http://", "http://[", "http://a b", "https://\ud800", "http://x:99999"], ids=ascii
)
def test_an_invalid_host_raises_nothing(host: str, make_delivery: MakeDelivery) -> None:
    (loss,) = make_delivery(host, timeout=0.1).deliver(captures("a"))
    assert loss.reason is Reason.UNDELIVERED


@pytest.mark.parametrize("key", ["phc_\n", "phc_ü", "phc_\ud800"], ids=ascii)
@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_a_key_that_cannot_be_sent_raises_nothing_and_is_not_quoted(
    key: str, mode: str, server: Scripted, make_delivery: MakeDelivery
) -> None:
    server.respond = lambda _: Step(401)
    (loss,) = make_delivery(server.url, mode=mode, key=key, timeout=0.1).deliver(captures("a"))
    assert "phc_" not in loss.detail


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_a_batch_whose_answer_is_lost_is_sent_again_and_stored_once(
    mode: str, inspector: RunningInspector, make_delivery: MakeDelivery
) -> None:
    delivery = make_delivery(inspector.url, mode=mode)
    for warm in (False, True):
        inspector.reset()
        inspector.fail(lose_answer=True)
        assert delivery.deliver(captures("a", "b")) == (), warm
        counts = inspector.all()
        assert (counts["good"], counts["bad"], counts["duplicates"]) == (2, 0, 2)
        assert [event["deliveries"] for event in inspector.good()] == [2, 2]


def test_a_batch_whose_answer_is_cut_off_is_sent_again(server: Scripted, make_delivery: MakeDelivery) -> None:
    server.steps.append(Step(body=b"x" * 100, cut=True))
    assert make_delivery(server.url).deliver(captures("a")) == ()
    assert len(server.asked) == 2


def test_a_kept_connection_that_the_server_closed_is_replaced_without_a_wait(
    server: Scripted, make_delivery: MakeDelivery, clock: FakeClock
) -> None:
    server.respond = lambda _: Step(closes=True)
    delivery = make_delivery(server.url)
    for _ in range(5):
        assert delivery.deliver(captures("a")) == ()
    assert len(server.asked) == 5
    assert clock.waits == []


def test_a_kept_connection_that_breaks_without_an_answer_is_replaced_once_without_a_wait(
    server: Scripted, make_delivery: MakeDelivery, clock: FakeClock
) -> None:
    delivery = make_delivery(server.url)
    delivery.deliver(captures("a"))
    server.steps.append(Step(silent=True))
    assert delivery.deliver(captures("b")) == ()
    assert clock.waits == []
    server.steps.extend([Step(silent=True), Step(silent=True)])
    assert delivery.deliver(captures("c")) == ()
    assert clock.waits == [0.5]


def test_a_new_connection_that_breaks_without_an_answer_is_a_failed_attempt(
    server: Scripted, make_delivery: MakeDelivery, clock: FakeClock
) -> None:
    server.steps.append(Step(silent=True))
    assert make_delivery(server.url).deliver(captures("a")) == ()
    assert clock.waits == [0.5]


def test_one_connection_serves_many_batches(server: Scripted, make_delivery: MakeDelivery) -> None:
    delivery = make_delivery(server.url)
    for _ in range(5):
        delivery.deliver(captures("a"))
    assert len({asked.port for asked in server.asked}) == 1


@given(attempt=st.integers(1, 10_000), jitter=st.floats(0, 1), asked=st.none() | st.floats(0, 1e6))
def test_a_wait_is_at_least_100_ms_and_as_long_as_requested(
    attempt: int, jitter: float, asked: float | None
) -> None:
    delay = RetryPolicy(jitter=lambda: jitter).delay(attempt, asked)
    assert delay >= max(0.1, asked or 0)
    assert delay <= max(7.5, asked or 0)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("3", 3.0),
        (" 2.5 ", 2.5),
        ("-4", 0.0),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        ("Mon, 23 Nov 2026 01:00:10 GMT", 10.0),
        ("Mon, 23 Nov 2026 01:00:10 -0000", 10.0),
        ("Mon, 23 Nov 2026 00:00:10 GMT", 0.0),
    ],
)
def test_retry_after_is_parsed_in_both_forms_and_ignored_if_invalid(
    value: str | None, seconds: float | None
) -> None:
    assert parse_retry_after(value, NOW) == seconds


@given(st.text())
def test_parsing_retry_after_never_raises(value: str) -> None:
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or seconds >= 0


def test_a_request_whose_answer_would_come_too_late_is_not_sent(
    server: Scripted, clock: FakeClock, counters: Counters
) -> None:
    def slowly(_: Asked) -> Step:
        clock.now += 12.0
        return Step()

    server.respond = slowly
    times = Clock(clock, clock.wall, clock.wait)
    client = PostHogClient(
        Settings(api_key="phc_test", host=server.url),
        Ledger(counters),
        retry=RetryPolicy(attempts=1, needs_answer=True),
        clock=times,
    )
    # A late event is sent in a request of its own.
    [fresh, late] = captures("a", "b")
    late.timestamp = "2020-01-01T00:00:00.000000Z"
    try:
        losses = client.deliver([fresh, late], clock() + 20.0, stored=range(2))
    finally:
        client.close()
    assert losses == (Undelivered(1, Reason.UNDELIVERED, "no time was left to send it"),)
    assert [asked.events for asked in server.asked] == [["a"]]
    assert counters.totals() == {"delivered": 1}


def test_captures_with_the_same_uuid_are_sent_once_and_have_one_outcome(
    server: Scripted, make_delivery: MakeDelivery, counters: Counters
) -> None:
    [first, other, third] = captures("a", "b", "c")
    batch = [first, other, first, third, other]
    server.respond = lambda asked: Step(400 if "b" in asked.events else 200)
    losses = make_delivery(server.url).deliver(batch)
    assert [(loss.index, loss.reason) for loss in losses] == [(1, Reason.REFUSED), (4, Reason.REFUSED)]
    assert server.asked[0].events == ["a", "b", "c"]
    assert counters.totals()["delivered"] == 3
    assert counters.totals()[Reason.REFUSED] == 2
