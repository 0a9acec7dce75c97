"""The outcome of events for each HTTP status of PostHog, over capture v0 and v1."""

from __future__ import annotations

import pytest

from otel.delivery.http.client import Undelivered
from otel.outcomes.counters import Counters
from otel.reasons import Reason
from tests.otel.delivery.conftest import KEY, FakeClock, MakeDelivery, captures
from tests.otel.delivery.scripted import Scripted, Step

RETRIED = (408, 429, 500, 502, 503, 504, 520, 529)
REFUSING = {
    400: Reason.REFUSED,
    401: Reason.UNAUTHORISED,
    402: Reason.OVER_QUOTA,
    403: Reason.UNAUTHORISED,
    404: Reason.UNDELIVERED,
    405: Reason.UNDELIVERED,
    413: Reason.TOO_LARGE,
    415: Reason.UNDELIVERED,
}


@pytest.mark.parametrize("status", [200, 202, 204])
def test_every_2xx_is_a_delivery_and_nothing_is_sent_twice(
    status: int, server: Scripted, make_delivery: MakeDelivery, counters: Counters
) -> None:
    server.steps.append(Step(status, b""))
    assert make_delivery(server.url).deliver(captures("a", "b")) == ()
    assert [asked.events for asked in server.asked] == [["a", "b"]]
    assert counters.totals() == {"delivered": 2}


@pytest.mark.parametrize("status", RETRIED)
def test_a_temporary_failure_is_retried_until_it_is_over(
    status: int, server: Scripted, make_delivery: MakeDelivery, counters: Counters
) -> None:
    server.steps.extend([Step(status), Step(status)])
    assert make_delivery(server.url).deliver(captures("a", "b")) == ()
    assert len(server.asked) == 3
    assert counters.totals() == {"retried": 4, "delivered": 2}


@pytest.mark.parametrize("mode", ["v0", "v1"])
@pytest.mark.parametrize(("status", "reason"), REFUSING.items())
def test_a_permanent_refusal_is_not_retried_and_has_a_reason(
    status: int, reason: Reason, mode: str, server: Scripted, make_delivery: MakeDelivery, counters: Counters
) -> None:
    server.steps.append(Step(status, b"no, and this is why"))
    losses = make_delivery(server.url, mode=mode).deliver(captures("a"))
    assert losses == (Undelivered(0, reason, f"{status} no, and this is why"),)
    assert len(server.asked) == 1
    assert counters.totals() == {reason.value: 1}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_reported_and_never_followed(
    status: int, server: Scripted, make_delivery: MakeDelivery
) -> None:
    server.steps.append(Step(status, headers={"Location": f"{server.url}/elsewhere"}))
    (loss,) = make_delivery(server.url).deliver(captures("a"))
    assert loss == Undelivered(0, Reason.UNDELIVERED, f"{status} redirects to {server.url}/elsewhere")
    assert [asked.path for asked in server.asked] == ["/batch/"]


def test_events_are_undelivered_if_an_outage_lasts_until_the_deadline(
    server: Scripted, make_delivery: MakeDelivery, clock: FakeClock, counters: Counters
) -> None:
    server.respond = lambda _: Step(503)
    begin = clock.now
    losses = make_delivery(server.url, timeout=30).deliver(captures("a", "b"))
    assert losses == (
        Undelivered(0, Reason.UNDELIVERED, "status 503"),
        Undelivered(1, Reason.UNDELIVERED, "status 503"),
    )
    assert clock.now - begin <= 30
    assert counters.totals()["undelivered"] == 2


def test_a_refused_key_is_logged_once_with_advice(
    server: Scripted, make_delivery: MakeDelivery, caplog: pytest.LogCaptureFixture, clock: FakeClock
) -> None:
    server.respond = lambda _: Step(401, f"API key is not valid: {KEY}".encode())
    delivery = make_delivery(server.url)
    for _ in range(3):
        (loss,) = delivery.deliver(captures("a"))
        assert loss.detail == "401 API key is not valid: <key>"
        clock.now += 3_600
    advice = [record.getMessage() for record in caplog.records if "POSTHOG_API_KEY" in record.getMessage()]
    assert len(advice) == 1
    assert KEY not in caplog.text


def test_an_outage_is_logged_once_a_minute_without_the_answers_body(
    server: Scripted, make_delivery: MakeDelivery, caplog: pytest.LogCaptureFixture, clock: FakeClock
) -> None:
    server.respond = lambda _: Step(503, b"cannot store {'distinct_id': 'user-0'}")
    delivery = make_delivery(server.url, timeout=9)
    for _ in range(6):
        delivery.deliver(captures("a"))
    assert clock.now - 1_000 < 60
    assert len([record for record in caplog.records if "status 503" in record.getMessage()]) == 1
    assert "user-0" not in caplog.text
    clock.now += 60
    delivery.deliver(captures("a"))
    assert len([record for record in caplog.records if "status 503" in record.getMessage()]) == 2


def test_an_empty_batch_sends_no_request(server: Scripted, make_delivery: MakeDelivery) -> None:
    assert make_delivery(server.url).deliver([]) == ()
    assert server.asked == []
