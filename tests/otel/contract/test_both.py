"""The checks of PostHog/posthog-sdk-test-harness that are the same for capture v0 and v1.

Each test has the name of its check; the prefix `deviation_` marks a check that we do not follow.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from tests.otel.contract.sdk import CANONICAL, Answer, Sdk, batch, each, field_of


@pytest.fixture(params=["v0", "v1"])
def mode(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def test_custom_properties_preserved(sdk: Sdk) -> None:
    sdk.capture(properties={"custom_string": "hello", "custom_number": 42, "custom_bool": True})
    sdk.flush()
    (properties,) = field_of("properties", sdk.only)
    assert properties["custom_string"] == "hello"
    assert properties["custom_number"] == 42
    assert properties["custom_bool"] is True


def test_distinct_id_is_string(sdk: Sdk) -> None:
    sdk.capture(user="test_user_123")
    sdk.flush()
    assert field_of("distinct_id", sdk.only) == ["test_user_123"]


def test_non_utc_event_timestamp_is_converted_to_utc(sdk: Sdk) -> None:
    # OpenTelemetry's API accepts an instant, which has no offset.
    given = datetime.fromisoformat("2025-01-02T08:34:05+05:30")
    sdk.capture(properties={"timestamp_like": given.isoformat()}, at=int(given.timestamp()) * 10**9)
    sdk.flush()
    (event,) = batch(sdk.only)
    assert re.fullmatch(CANONICAL, event["timestamp"])
    assert datetime.fromisoformat(event["timestamp"]) == datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert event["properties"]["timestamp_like"] == "2025-01-02T08:34:05+05:30"


def test_implements_backoff(sdk: Sdk) -> None:
    sdk.answers(503, 503, 503, 200)
    sdk.capture()
    sdk.flush()
    assert len(sdk.requests) == 4
    assert min(sdk.clock.waits) >= 0.1
    assert sdk.clock.waits == sorted(sdk.clock.waits)
    assert sdk.clock.waits[0] < sdk.clock.waits[-1]


def test_deviation_max_retries_respected(sdk: Sdk) -> None:
    """A batch is retried for 30 s, with any number of attempts, instead of four times."""
    sdk.answers(*[503] * 100)
    sdk.capture()
    sdk.flush()
    assert len(sdk.requests) > 4
    assert 20 <= sum(sdk.clock.waits) <= 30


def test_generates_unique_uuids(sdk: Sdk) -> None:
    sdk.capture_many(5)
    sdk.flush()
    assert len(set(field_of("uuid", sdk.only))) == 5


@each(preserves_uuid_on_retry=1, preserves_uuid_and_timestamp_on_batch_retry=3)
def test_a_retry_sends_the_same_events(sdk: Sdk, given: int) -> None:
    sdk.answers(503, 200)
    sdk.capture_many(given)
    sdk.flush()
    first, second = sdk.requests
    assert field_of("uuid", first) == field_of("uuid", second)
    assert field_of("timestamp", first) == field_of("timestamp", second)
    assert len(set(field_of("uuid", second))) == given


def test_no_duplicate_events_in_batch(sdk: Sdk) -> None:
    sdk.capture_many(5)
    sdk.flush()
    uuids = [uuid for request in sdk.requests for uuid in field_of("uuid", request)]
    assert len(uuids) == len(set(uuids)) == 5


def test_flush_with_no_events_sends_nothing(sdk: Sdk) -> None:
    sdk.flush()
    assert sdk.requests == []


@each(
    does_not_retry_on_400=400,
    does_not_retry_on_401=401,
    does_not_retry_on_413=413,
)
def test_a_refusal_is_final(sdk: Sdk, given: int) -> None:
    sdk.answers(given)
    sdk.capture()
    sdk.flush()
    assert len(sdk.requests) == 1
    assert sdk.clock.waits == []


@each(
    retries_on_408=[408],
    retries_on_500=[500],
    retries_on_503=[503, 503],
    retries_on_504=[504],
)
def test_a_temporary_failure_is_retried(sdk: Sdk, given: list[int]) -> None:
    sdk.answers(*given, Answer())
    sdk.capture()
    sdk.flush()
    assert len(sdk.requests) == len(given) + 1
