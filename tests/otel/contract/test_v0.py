"""The checks of PostHog/posthog-sdk-test-harness for capture v0 (`contracts/capture_tests.yaml`).

Each test has the name of its check; the prefix `deviation_` marks a check that we do not follow.
"""

from __future__ import annotations

import re
import time
from uuid import UUID

from tests.otel.contract.conftest import MakeSdk
from tests.otel.contract.sdk import CANONICAL, KEY, Answer, Sdk, batch, each, field_of

MODE = "v0"


def test_event_has_required_fields(sdk: Sdk) -> None:
    sdk.capture()
    sdk.flush()
    assert field_of("event", sdk.only) == ["test_event"]
    assert field_of("distinct_id", sdk.only) == ["test_user"]


def test_event_has_uuid(sdk: Sdk) -> None:
    sdk.capture()
    sdk.flush()
    (uuid,) = field_of("uuid", sdk.only)
    assert str(UUID(uuid)) == uuid


def test_event_has_timestamp(sdk: Sdk) -> None:
    sdk.capture()
    sdk.flush()
    (timestamp,) = field_of("timestamp", sdk.only)
    assert re.fullmatch(CANONICAL, timestamp)


def test_event_has_lib_properties(sdk: Sdk) -> None:
    sdk.capture()
    sdk.flush()
    (properties,) = field_of("properties", sdk.only)
    assert properties["$lib"]
    assert properties["$lib_version"]


def test_token_is_present(sdk: Sdk) -> None:
    sdk.capture()
    sdk.flush()
    assert sdk.only.json["api_key"] == KEY


def test_retries_on_502(sdk: Sdk) -> None:
    sdk.answers(502, 200)
    sdk.capture()
    sdk.flush()
    assert len(sdk.requests) == 2


def test_does_not_retry_on_403(sdk: Sdk) -> None:
    sdk.answers(403)
    sdk.capture()
    sdk.flush()
    assert len(sdk.requests) == 1


def test_respects_retry_after_header(make_sdk: MakeSdk) -> None:
    sdk = make_sdk(is_real=True)
    sdk.answers(Answer(429, headers={"Retry-After": "3"}), 200)
    sdk.capture()
    began = time.monotonic()
    sdk.flush()
    assert len(sdk.requests) == 2
    assert time.monotonic() - began >= 2.5


def test_different_events_have_different_uuids(sdk: Sdk) -> None:
    for _ in range(2):
        sdk.capture(properties={"key": "value"})
    sdk.flush()
    first, second = batch(sdk.only)
    assert first["uuid"] != second["uuid"]


def test_preserves_uuid_and_timestamp_on_retry(sdk: Sdk) -> None:
    sdk.answers(503, 503, 200)
    sdk.capture()
    sdk.flush()
    assert len(sdk.requests) == 3
    assert len({tuple(field_of("uuid", request)) for request in sdk.requests}) == 1
    assert len({tuple(field_of("timestamp", request)) for request in sdk.requests}) == 1


def test_sends_gzip_when_enabled(sdk: Sdk) -> None:
    sdk.capture()
    sdk.flush()
    assert sdk.only.headers["content-encoding"] == "gzip"


@each(uses_proper_batch_structure=1, multiple_events_batched_together=5)
def test_events_are_one_batch(sdk: Sdk, given: int) -> None:
    sdk.capture_many(given)
    sdk.flush()
    assert sdk.only.path == "/batch/"
    assert sdk.only.json["api_key"]
    assert field_of("event", sdk.only) == [f"test_event_{index}" for index in range(given)]
