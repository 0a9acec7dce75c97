"""PostHog's own Python SDK delivers to the inspector as it would to PostHog."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from posthog import Posthog

from otel.inspector import RunningInspector

Client = Callable[..., Posthog]


@pytest.fixture
def client(inspector: RunningInspector) -> Iterator[Client]:
    made: list[Posthog] = []

    def make(**options: Any) -> Posthog:
        made.append(Posthog("phc_test", host=inspector.url, flush_interval=0.05, **options))
        return made[-1]

    yield make
    for one in made:
        one.shutdown()


VARIANTS: list[dict[str, Any]] = [
    {"gzip": False},
    {"gzip": True},
    {"capture_mode": "v1"},
    {"capture_mode": "v1", "capture_compression": "gzip"},
    {"capture_mode": "v1", "capture_compression": "deflate"},
]


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_its_calls_arrive(inspector: RunningInspector, client: Client, options: dict[str, Any]) -> None:
    posthog = client(**options)
    event_id = str(uuid.uuid4())
    posthog.capture(
        "order_placed",
        distinct_id="ann",
        properties={"amount": 3, "$ignore_sent_at": True},
        groups={"team": "t1"},
        timestamp=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        uuid=event_id,
    )
    posthog.set(distinct_id="ann", properties={"plan": "pro"})
    posthog.set_once(distinct_id="ann", properties={"source": "github"})
    posthog.group_identify("team", "t1", {"name": "Acme"}, distinct_id="ann")
    posthog.alias("visitor", "ann")
    try:
        _fail({"order": 7})
    except LookupError as error:
        posthog.capture_exception(error, distinct_id="ann")
    posthog.flush()

    assert (inspector.bad(), inspector.warnings()) == ([], [])
    [order] = inspector.good("order_placed")
    assert (order["uuid"], order["timestamp"]) == (event_id, "2026-01-02T03:04:05.678901Z")
    assert order["lib"].startswith("posthog-python 7.")
    assert (order["properties"]["amount"], order["properties"]["$groups"]) == (3, {"team": "t1"})
    [person] = inspector.persons()
    assert set(person["distinct_ids"]) == {"ann", "visitor"}
    assert person["properties"] == {"plan": "pro", "source": "github"}
    [team] = inspector.groups()
    assert (team["key"], team["properties"]) == ("t1", {"name": "Acme"})
    [issue] = inspector.errors()
    assert (issue["type"], issue["value"]) == ("LookupError", "no such order")
    frames = issue["exceptions"][0]["stacktrace"]["frames"]
    assert [frame["function"] for frame in frames] == ["test_its_calls_arrive", "_fail"]
    assert frames[-1]["context_line"].strip() == "raise LookupError(msg) from error"
    assert [one["type"] for one in issue["exceptions"]] == ["LookupError", "KeyError"]


def _fail(orders: dict[str, int]) -> None:
    try:
        orders["other"]
    except KeyError as error:
        msg = "no such order"
        raise LookupError(msg) from error


def test_its_compression_is_recognized(inspector: RunningInspector, client: Client) -> None:
    for options in VARIANTS:
        posthog = client(**options)
        posthog.capture("sent", distinct_id="ann")
        posthog.flush()
    assert [(one["route"], one["encoding"]) for one in inspector.requests()] == [
        ("/batch/", "none"),
        ("/batch/", "gzip"),
        ("/i/v1/analytics/events", "none"),
        ("/i/v1/analytics/events", "gzip"),
        ("/i/v1/analytics/events", "deflate"),
    ]


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_the_environment_chooses_its_mode(
    inspector: RunningInspector, client: Client, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setenv("POSTHOG_CAPTURE_MODE", mode)
    posthog = client()
    posthog.capture("sent", distinct_id="ann")
    posthog.flush()
    [request] = inspector.requests()
    assert request["route"] == {"v0": "/batch/", "v1": "/i/v1/analytics/events"}[mode]
    assert len(inspector.good("sent")) == 1


def test_its_retry_does_not_duplicate_an_event(inspector: RunningInspector, client: Client) -> None:
    inspector.fail(status=503, retry_after=0.1)
    posthog = client()
    posthog.capture("sent", distinct_id="ann")
    posthog.flush()
    assert [one["status"] for one in inspector.requests()] == [503, 200]
    assert [one["deliveries"] for one in inspector.good("sent")] == [1]


def test_it_evaluates_flags_locally_and_remotely(inspector: RunningInspector, client: Client) -> None:
    inspector.flags({"new-chart": True, "layout": "wide", "old": False})
    expected = {"new-chart": True, "layout": "wide", "old": False}
    local = client(secret_key="phx_test")
    local.load_feature_flags()  # type: ignore[no-untyped-call]  # the SDK has no types for it
    flags = local.evaluate_flags("ann", only_evaluate_locally=True)
    assert {key: flags.get_flag(key) for key in expected} == expected
    remote = client().evaluate_flags("ann")
    assert {key: remote.get_flag(key) for key in expected} == expected
