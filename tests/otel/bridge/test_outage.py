"""PostHog is down, the key is refused or the bridge stops: undelivered events are not accepted."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import orjson

from otel.bridge import application
from otel.bridge.server import running_bridge
from otel.inspector.running import RunningInspector, running_inspector
from otel.outcomes.quarantine import Quarantine
from otel.reasons import Reason
from otel.settings import Settings
from tests.otel.bridge.sending import JSON, ask, post, post_json
from tests.otel.bridge.test_traces import event, javascript_request, shipped
from tests.otel.shop import REGISTRY

_BODY = orjson.dumps(javascript_request([shipped()], identity={}))


def test_an_outage_is_reported_quickly_and_results_in_one_capture(
    inspector: RunningInspector, bridge: str
) -> None:
    inspector.fail(status=503, count=1, retry_after=7)
    began = time.monotonic()
    answer = post(bridge, _BODY, JSON)
    assert (answer.status, answer.headers["retry-after"]) == (503, "7")
    assert "503" in answer.json["message"]
    assert time.monotonic() - began < 5
    assert ask(bridge, "GET", "/healthz").json["status"] == "failing"
    for _ in range(3):  # as a queue does that received no answer
        assert post(bridge, _BODY, JSON).status == 200
    assert ask(bridge, "GET", "/healthz").json == {"status": "ok", "problem": "", "in_flight": 0}
    assert len(inspector.good()) == 1


def test_a_retried_request_sends_only_events_without_an_outcome_to_posthog(
    inspector: RunningInspector, settings: Settings, tmp_path: Path
) -> None:
    inspector.fail(events=["parcel_shipped"], status=400, count=1000)
    inspector.fail(events=["order_paid"], status=503, count=1)
    events = [event("order_placed", {}), shipped(), event("order_paid", {})]
    body = orjson.dumps(javascript_request(events, identity={}))
    with running_bridge(application(settings.replace(quarantine=tmp_path), REGISTRY)) as url:
        assert post(url, body, JSON).status == 503
        sent = len(inspector.requests())
        answer = post(url, body, JSON)
        assert [one["events"] for one in inspector.requests()[sent:]] == [1]
        # The second answer was final, so the same body again is a new request.
        assert post(url, body, JSON).json == answer.json
        metrics = ask(url, "GET", "/metrics").body.decode()
    assert answer.json["partialSuccess"]["errorMessage"] == "events that can never be delivered: 1 refused"
    assert {one["event"] for one in inspector.good()} == {"order_placed", "order_paid"}
    assert 'posthog_events_lost_total{reason="refused"} 2.0' in metrics
    assert [entry.rejection.reason for entry in Quarantine(tmp_path).entries()] == [Reason.REFUSED] * 2


def test_a_request_without_deliverable_events_does_not_change_the_health(
    inspector: RunningInspector, bridge: str
) -> None:
    inspector.fail(status=503, count=1)
    assert post(bridge, _BODY, JSON).status == 503
    misfit = event("parcel_shipped", {"number": "seven"})
    assert post_json(bridge, javascript_request([misfit], identity={})).status == 200
    assert ask(bridge, "GET", "/healthz").json["status"] == "failing"


def test_a_lost_answer_of_posthog_causes_no_duplicate(inspector: RunningInspector, bridge: str) -> None:
    inspector.fail(lose_answer=True, count=2)
    # A kept connection that breaks is replaced immediately, so one request can meet both failures.
    assert [post(bridge, _BODY, JSON).status for _ in range(3)][-1] == 200
    assert len({capture["uuid"] for capture in inspector.good()}) == 1


def test_an_unreachable_host_is_reported(settings: Settings) -> None:
    with running_inspector() as gone:
        url = gone.url
    with running_bridge(application(settings.replace(host=url), REGISTRY)) as bridge:
        answer = post(bridge, _BODY, JSON)
        metrics = ask(bridge, "GET", "/metrics").body.decode()
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    # The event waits in the sender's queue; it is not lost.
    assert 'posthog_events_lost_total{reason="undelivered"} 0.0' in metrics


def test_a_refused_key_is_reported_and_loses_nothing(inspector: RunningInspector, bridge: str) -> None:
    inspector.fail(status=401, count=1)
    answer = post(bridge, _BODY, JSON)
    assert (answer.status, answer.headers["retry-after"]) == (503, "60")
    assert "unauthorised" in ask(bridge, "GET", "/healthz").json["problem"]
    assert post(bridge, _BODY, JSON).status == 200


def test_without_a_key_the_bridge_is_not_ready_and_accepts_nothing(settings: Settings) -> None:
    with running_bridge(application(settings.replace(api_key=""), REGISTRY)) as url:
        assert ask(url, "GET", "/readyz").status == 503
        assert "POSTHOG_API_KEY" in ask(url, "GET", "/healthz").json["problem"]
        assert post_json(url, {}).status == 503


def test_a_stopping_bridge_answers_open_requests(inspector: RunningInspector, settings: Settings) -> None:
    answers: list[int] = []
    inspector.fail(delay=0.7, count=1)
    with running_bridge(application(settings, REGISTRY)) as url:
        assert ask(url, "GET", "/readyz").status == 200
        thread = threading.Thread(target=lambda: answers.append(post(url, _BODY, JSON).status))
        thread.start()
        while ask(url, "GET", "/healthz").json["in_flight"] == 0:
            pass
    thread.join()
    assert answers == [200]
    assert len(inspector.good()) == 1


def test_a_stopping_bridge_returns_events_that_posthog_does_not_answer_in_time(
    inspector: RunningInspector, settings: Settings
) -> None:
    answers: list[int] = []
    inspector.fail(delay=5.0, count=1)
    began = time.monotonic()
    hasty = settings.replace(flush_timeout=0.5)
    with running_bridge(application(hasty, REGISTRY), flush_timeout=0.5) as url:
        thread = threading.Thread(target=lambda: answers.append(post(url, _BODY, JSON).status))
        thread.start()
        while ask(url, "GET", "/healthz").json["in_flight"] == 0:
            pass
    thread.join()
    assert answers == [503]
    assert time.monotonic() - began < 4


def test_a_draining_bridge_is_not_ready(settings: Settings) -> None:
    bridge = application(settings, REGISTRY)
    with running_bridge(bridge) as url:
        bridge.drain()
        assert ask(url, "GET", "/readyz").status == 503
        assert post(url, _BODY, JSON).status == 503
        assert ask(url, "GET", "/healthz").json["status"] == "draining"
