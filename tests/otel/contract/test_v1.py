"""The checks of PostHog/posthog-sdk-test-harness for capture v1: requests, events, options, compression.

The source is `contracts/capture_analytics_v1_tests.yaml`. Each test has the name of its check; the prefix
`deviation_` marks a check that we do not follow. Retries and results are in `test_v1_results.py`.
"""

from __future__ import annotations

import gzip
import re
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest

from otel.settings import Settings, SettingsError
from tests.otel.contract.conftest import MakeSdk
from tests.otel.contract.sdk import CANONICAL, KEY, Sdk, batch, each, field_of

MODE = "v1"


@each(targets_v1_endpoint="/i/v1/analytics/events", does_not_use_legacy_endpoints="/i/v1/analytics/events")
def test_there_is_one_request_to_one_path(sdk: Sdk, given: str) -> None:
    sdk.capture()
    sdk.flush()
    assert sdk.only.path == given


@each(
    has_authorization_bearer_header=("authorization", f"Bearer {KEY}"),
    has_content_type_json=("content-type", "application/json"),
    has_user_agent=("user-agent", ".+"),
    has_posthog_sdk_info_format=("posthog-sdk-info", ".+/.+"),
    has_posthog_attempt_header=("posthog-attempt", "1"),
    attempt_header_starts_at_one=("posthog-attempt", "1"),
    has_posthog_request_id=("posthog-request-id", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    has_posthog_request_timestamp=("posthog-request-timestamp", CANONICAL),
)
def test_a_required_header_is_present(sdk: Sdk, given: tuple[str, str]) -> None:
    name, pattern = given
    sdk.capture()
    sdk.flush()
    assert re.fullmatch(pattern, sdk.only.headers[name])


def test_body_has_created_at_and_batch(sdk: Sdk) -> None:
    sdk.capture()
    sdk.flush()
    assert re.fullmatch(CANONICAL, sdk.only.json["created_at"])
    assert len(sdk.only.json["batch"]) == 1


def test_created_at_reflects_batch_creation_time(make_sdk: MakeSdk) -> None:
    sdk = make_sdk(is_real=True)
    sdk.capture()
    sdk.flush()
    age = datetime.now(UTC) - datetime.fromisoformat(sdk.only.json["created_at"])
    assert -1 <= age.total_seconds() <= 5


@each(no_api_key_in_body={"api_key", "token"}, no_sent_at_in_body={"sent_at"})
def test_what_is_in_the_headers_is_not_in_the_body(sdk: Sdk, given: set[str]) -> None:
    sdk.capture()
    sdk.flush()
    assert not given & set(sdk.only.json)


@each(event_has_required_root_fields=1, event_has_required_root_fields_batch=3)
def test_each_event_has_the_four_fields(sdk: Sdk, given: int) -> None:
    sdk.capture_many(given)
    sdk.flush()
    assert len(batch(sdk.only)) == given
    for event in batch(sdk.only):
        assert {"event", "uuid", "distinct_id", "timestamp"} <= set(event)


@each(
    event_uuid_is_valid=1,
    event_uuid_is_valid_batch=3,
    sdk_generates_uuid_if_not_provided=1,
    sdk_generates_uuid_if_not_provided_batch=3,
)
def test_each_event_has_a_uuid(sdk: Sdk, given: int) -> None:
    sdk.capture_many(given)
    sdk.flush()
    uuids = field_of("uuid", sdk.only)
    assert [str(UUID(uuid)) for uuid in uuids] == uuids
    assert len(set(uuids)) == given


@each(event_timestamp_is_rfc3339=1, event_timestamp_is_rfc3339_batch=3)
def test_each_event_has_a_time(sdk: Sdk, given: int) -> None:
    sdk.capture_many(given)
    sdk.flush()
    assert all(re.fullmatch(CANONICAL, one) for one in field_of("timestamp", sdk.only))


@each(
    distinct_id_is_string_batch=3,
    distinct_id_at_root_not_properties=1,
    distinct_id_at_root_not_properties_batch=3,
)
def test_each_distinct_id_is_a_string_at_the_root(sdk: Sdk, given: int) -> None:
    sdk.capture_many(given)
    sdk.flush()
    assert field_of("distinct_id", sdk.only) == ["test_user"] * given
    assert all("distinct_id" not in properties for properties in field_of("properties", sdk.only))


@each(
    custom_properties_preserved_batch=("test_event", {"custom_string": "hello"}, "custom_string", "hello"),
    set_properties_preserved=("$set", {"name": "Test User"}, "$set", {"name": "Test User"}),
    set_properties_preserved_batch=("$set", {"name": "Test User"}, "$set", {"name": "Test User"}),
    set_once_properties_preserved=("$set", {"initial_referrer": "x"}, "$set_once", {"initial_referrer": "x"}),
    set_once_properties_preserved_batch=(
        "$set",
        {"initial_referrer": "x"},
        "$set_once",
        {"initial_referrer": "x"},
    ),
    groups_properties_preserved=("test_event", {}, "$groups", {"company": "posthog"}),
    groups_properties_preserved_batch=("test_event", {}, "$groups", {"company": "posthog"}),
)
def test_properties_arrive_as_they_are(sdk: Sdk, given: tuple[str, dict[str, Any], str, Any]) -> None:
    event, recorded, name, expected = given
    for _ in range(3):  # the checks without `_batch` read only the first event
        sdk.capture(event, recorded, company="posthog")
    sdk.flush()
    assert [properties[name] for properties in field_of("properties", sdk.only)] == [expected] * 3


@each(multiple_events_in_single_batch=5, batch_envelope_smoke=4)
def test_several_events_are_one_request(sdk: Sdk, given: int) -> None:
    sdk.capture_many(given)
    sdk.flush()
    assert field_of("event", sdk.only) == [f"test_event_{index}" for index in range(given)]
    assert sdk.only.headers["authorization"] == f"Bearer {KEY}"
    assert re.fullmatch(CANONICAL, sdk.only.json["created_at"])


def test_flush_at_triggers_batch(make_sdk: MakeSdk) -> None:
    sdk = make_sdk(flush_at=3)
    sdk.capture_many(3)
    until = time.monotonic() + 1
    while not sdk.requests and time.monotonic() < until:
        time.sleep(0.01)
    assert len(sdk.requests) == 1


def test_different_events_same_content_different_uuids(sdk: Sdk) -> None:
    for _ in range(2):
        sdk.capture(properties={"key": "value"})
    sdk.flush()
    first, second = field_of("uuid", sdk.only)
    assert first != second


def test_different_requests_have_different_request_ids(sdk: Sdk) -> None:
    for _ in range(2):
        sdk.capture()
        sdk.flush()
    first, second = (request.headers["posthog-request-id"] for request in sdk.requests)
    assert first != second


@each(sends_gzip_content_encoding="gzip", compressed_body_is_decompressible="gzip")
def test_a_compressed_body_is_labeled_and_decompressible(make_sdk: MakeSdk, given: str) -> None:
    sdk = make_sdk(capture_compression=given)
    sdk.capture()
    sdk.flush()
    assert sdk.only.headers["content-encoding"] == "gzip"
    assert orjson.loads(gzip.decompress(sdk.only.raw))["batch"][0]["event"] == "test_event"


def test_no_content_encoding_when_disabled(make_sdk: MakeSdk) -> None:
    sdk = make_sdk(capture_compression="none")
    sdk.capture()
    sdk.flush()
    assert "content-encoding" not in sdk.only.headers
    assert orjson.loads(sdk.only.raw)["batch"][0]["event"] == "test_event"


@each(
    sends_deflate_content_encoding="deflate",
    sends_br_content_encoding="br",
    sends_zstd_content_encoding="zstd",
)
def test_deviation_other_compressions(given: str, caplog: pytest.LogCaptureFixture) -> None:
    """Other compressions are not supported; the setting rejects them."""
    with pytest.raises(SettingsError, match="use 'gzip' or 'none'"):
        Settings().replace(capture_compression=given)
    found = Settings.from_environ({"POSTHOG_CAPTURE_COMPRESSION": given})
    assert found.capture_compression == "gzip"
    assert f"POSTHOG_CAPTURE_COMPRESSION={given} is ignored" in caplog.text


@each(
    cookieless_mode_override=("cookieless_mode", {"$cookieless_mode": True}, True),
    options_override_in_batch=("cookieless_mode", {"$cookieless_mode": True}, True),
    disable_skew_correction_override=("disable_skew_correction", {}, True),
    product_tour_id_override=("product_tour_id", {"$product_tour_id": "tour_123"}, "tour_123"),
)
def test_an_option_is_in_the_options_of_each_event(sdk: Sdk, given: tuple[str, dict[str, Any], Any]) -> None:
    option, recorded, expected = given
    for _ in range(3):
        sdk.capture(properties=recorded)
    sdk.flush()
    assert [options[option] for options in field_of("options", sdk.only)] == [expected] * 3
    assert not any(set(recorded) & set(properties) for properties in field_of("properties", sdk.only))


def test_process_person_profile_override(sdk: Sdk) -> None:
    sdk.capture(user=None)
    sdk.flush()
    (options,) = field_of("options", sdk.only)
    assert options["process_person_profile"] is False


def test_deviation_unset_options_omitted(sdk: Sdk) -> None:
    """Skew correction is off by default, because the times come from a server."""
    sdk.capture()
    sdk.flush()
    assert field_of("options", sdk.only) == [{"disable_skew_correction": True}]


def test_geoip_disable_injected_into_properties(sdk: Sdk) -> None:
    sdk.capture()
    sdk.flush()
    (properties,) = field_of("properties", sdk.only)
    assert properties["$geoip_disable"] is True


def test_historical_migration_absent_by_default(sdk: Sdk) -> None:
    sdk.capture()
    sdk.flush()
    assert "historical_migration" not in sdk.only.json


def test_deviation_historical_migration_set_in_body(sdk: Sdk) -> None:
    """There is no setting: the age of the events decides, and splits them into batches."""
    sdk.capture("test_event_old", at=time.time_ns() - 49 * 3600 * 10**9)
    sdk.capture("test_event_new")
    sdk.flush()
    assert [(request.events, request.json.get("historical_migration")) for request in sdk.requests] == [
        (["test_event_new"], None),
        (["test_event_old"], True),
    ]
