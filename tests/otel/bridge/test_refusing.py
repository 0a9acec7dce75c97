"""Refused requests: never with status 500, and never with a client error if the request is valid."""

from __future__ import annotations

import gzip
import threading
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel._guard import raise_internal_errors
from otel.bridge import application
from otel.bridge.server import running_bridge
from otel.inspector.running import RunningInspector
from otel.outcomes.quarantine import Quarantine
from otel.settings import Settings
from tests.otel.bridge.sending import JSON, PROTOBUF, ask, post, post_json
from tests.otel.bridge.test_traces import event, javascript_request, shipped
from tests.otel.shop import REGISTRY

_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["resourceSpans", "scopeSpans", "spans", "traceId", "attributes", "events", "value"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs"])
def test_no_bytes_cause_a_server_error(bridge: str, path: str) -> None:
    @given(st.binary(max_size=200), st.sampled_from([PROTOBUF, JSON]), st.booleans())
    def check(body: bytes, kind: dict[str, str], says_gzip: bool) -> None:
        headers = kind | ({"Content-Encoding": "gzip"} if says_gzip else {})
        assert post(bridge, body, headers, path).status in (200, 400)

    check()


def test_no_json_causes_a_server_error(bridge: str) -> None:
    @given(_json)
    def check(body: object) -> None:
        raw = orjson.dumps(body, default=str) if not _is_huge(body) else b"[1e999]"
        assert post(bridge, raw, JSON).status in (200, 400)

    check()


def _is_huge(body: object) -> bool:
    if isinstance(body, int):
        return not -(2**63) <= body < 2**64
    if isinstance(body, dict):
        return any(map(_is_huge, body.values()))
    return isinstance(body, list) and any(map(_is_huge, body))


def test_a_body_that_decompresses_beyond_the_limit_is_refused(bridge: str) -> None:
    bomb = gzip.compress(bytes(40 * 1024 * 1024))
    answer = post(bridge, bomb, PROTOBUF | {"Content-Encoding": "gzip"})
    assert (answer.status, len(bomb) < 100_000) == (413, True)
    assert "smaller batches" in answer.reason


def test_an_uncompressed_body_beyond_the_limit_is_refused(bridge: str) -> None:
    assert post(bridge, bytes(33 * 1024 * 1024)).status == 413


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 415),
        ({"Content-Type": "text/plain"}, 415),
        (PROTOBUF | {"Content-Encoding": "zstd"}, 415),
        (PROTOBUF | {"Content-Encoding": "gzip"}, 400),
        (JSON, 400),
    ],
)
def test_unsupported_and_malformed_bodies_are_refused(
    bridge: str, headers: dict[str, str], status: int
) -> None:
    assert post(bridge, b"no OTLP", headers).status == status


def test_other_methods_and_paths_are_refused(bridge: str) -> None:
    assert ask(bridge, "GET", "/v1/traces").status == 405
    assert ask(bridge, "POST", "/v1/profiles").status == 404


def test_only_senders_with_one_of_the_tokens_are_accepted(
    inspector: RunningInspector, settings: Settings
) -> None:
    with_tokens = settings.replace(bridge_tokens=("new", "old"))
    body = orjson.dumps(javascript_request([shipped()], identity={}))
    with running_bridge(application(with_tokens, REGISTRY)) as url:
        for given_, status in {
            "": 503,  # the Collector drops events that are answered with 401
            "Bearer nu": 503,
            "new": 503,
            "Bearer new": 200,
            "Bearer old": 200,
        }.items():
            assert post(url, body, JSON | {"Authorization": given_}).status == status, given_
        assert ask(url, "GET", "/healthz").status == 200
    assert len(inspector.good()) == 1


def test_an_event_that_breaks_the_mapping_does_not_affect_the_others(
    inspector: RunningInspector, bridge: str
) -> None:
    raise_internal_errors(False)  # a fixture resets it
    poison = javascript_request(
        [event("exception", {"posthog.error": "no error"})], identity={"posthog.only": True}
    )
    sound = javascript_request([shipped()], identity={})
    answer = post_json(bridge, {"resourceSpans": [*poison["resourceSpans"], *sound["resourceSpans"]]})
    assert answer.status == 200
    assert answer.json == {
        "partialSuccess": {
            "rejectedSpans": "1",
            "errorMessage": "events that can never be delivered: 1 mapping_failed",
        }
    }
    assert [capture["event"] for capture in inspector.good()] == ["parcel_shipped"]


def test_an_event_that_violates_its_declaration_is_reported_counted_and_quarantined(
    inspector: RunningInspector, settings: Settings, tmp_path: Path
) -> None:
    kept = settings.replace(quarantine=tmp_path)
    misfit = event("parcel_shipped", {"number": "seven"})
    body = orjson.dumps(javascript_request([misfit, shipped()], identity={}))
    with running_bridge(application(kept, REGISTRY)) as url:
        inspector.fail(status=503, count=1)
        assert post(url, body, JSON).status == 503
        answer = post(url, body, JSON)
        metrics = ask(url, "GET", "/metrics").body.decode()
    assert answer.json["partialSuccess"]["rejectedSpans"] == "1"
    assert "1 wrong_type" in answer.json["partialSuccess"]["errorMessage"]
    # Counted once, although the request came twice.
    assert 'posthog_events_lost_total{reason="wrong_type"} 1.0' in metrics
    assert 'posthog_bridge_requests_total{outcome="unavailable",signal="traces"} 1.0' in metrics
    assert 'posthog_bridge_requests_total{outcome="partial",signal="traces"} 1.0' in metrics
    assert len(list(Quarantine(tmp_path).entries())) == 1


def test_an_event_of_a_person_who_opted_out_is_not_a_failure(
    inspector: RunningInspector, bridge: str
) -> None:
    body = javascript_request([shipped()], identity={"posthog.opted_out": True})
    assert post_json(bridge, body).json == {}
    assert inspector.good() == []


def test_requests_beyond_the_limit_are_told_to_retry(inspector: RunningInspector, settings: Settings) -> None:
    body = orjson.dumps(javascript_request([shipped()], identity={}))
    with running_bridge(application(settings, REGISTRY, max_in_flight=1)) as url:
        inspector.fail(delay=1.0, count=1)
        first: list[int] = []
        thread = threading.Thread(target=lambda: first.append(post(url, body, JSON).status))
        thread.start()
        while '"in_flight":1' not in ask(url, "GET", "/healthz").body.decode():
            pass
        second = post(url, body, JSON)
        thread.join()
        assert (second.status, second.headers["retry-after"]) == (429, "1")
        assert post(url, body, JSON).status == 200
    assert first == [200]
