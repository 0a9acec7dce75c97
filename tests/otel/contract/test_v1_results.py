"""The checks of PostHog/posthog-sdk-test-harness for capture v1: retries, and a result for each event.

The source is `contracts/capture_analytics_v1_tests.yaml`. Each test has the name of its check.
"""

from __future__ import annotations

from tests.otel.contract.sdk import Answer, Sdk, each, field_of

MODE = "v1"


def test_preserves_timestamp_on_retry(sdk: Sdk) -> None:
    sdk.answers(503, 200)
    sdk.capture()
    sdk.flush()
    first, second = sdk.requests
    assert field_of("timestamp", first) == field_of("timestamp", second)


@each(
    attempt_header_increments_on_retry=[Answer(503), Answer(503)],
    partial_retry_attempt_header_increments=[Answer(results=["ok", "retry"])],
)
def test_attempts_are_counted(sdk: Sdk, given: list[Answer]) -> None:
    sdk.answers(*given)
    sdk.capture_many(2)
    sdk.flush()
    attempts = [request.headers["posthog-attempt"] for request in sdk.requests]
    assert attempts == [str(attempt) for attempt in range(1, len(given) + 2)]


@each(
    request_id_preserved_on_retry=Answer(503),
    partial_retry_request_id_preserved=Answer(results=["ok", "retry"]),
)
def test_a_retry_keeps_the_request_id(sdk: Sdk, given: Answer) -> None:
    sdk.answers(given)
    sdk.capture_many(2)
    sdk.flush()
    first, second = (request.headers["posthog-request-id"] for request in sdk.requests)
    assert first == second


def test_request_timestamp_changes_on_retry(sdk: Sdk) -> None:
    sdk.answers(503)
    sdk.capture()
    sdk.flush()
    first, second = (request.headers["posthog-request-timestamp"] for request in sdk.requests)
    assert first < second


@each(
    respects_retry_after_on_retryable_error=Answer(503, headers={"Retry-After": "3"}),
    respects_retry_after_on_partial=Answer(results=["ok", "retry"], headers={"Retry-After": "3"}),
)
def test_retry_after_is_waited_for(sdk: Sdk, given: Answer) -> None:
    sdk.answers(given)
    sdk.capture_many(2)
    sdk.flush()
    assert len(sdk.requests) == 2
    assert sdk.clock.waits == [3.0]


@each(does_not_retry_on_402=402, does_not_retry_on_415=415, does_not_retry_on_unknown_4xx=403)
def test_a_refusal_is_final(sdk: Sdk, given: int) -> None:
    sdk.answers(given)
    sdk.capture()
    sdk.flush()
    assert len(sdk.requests) == 1


@each(
    handles_200_full_success=["ok"],
    handles_200_with_all_ok=["ok", "ok", "ok"],
    does_not_retry_dropped_events=["drop", "drop"],
    does_not_retry_limited_events=["ok", "limited"],
    unknown_result_treated_as_terminal=["ok", "unknown_future_result"],
    mixed_ok_drop_limited_no_retry=["ok", "drop", "limited", "ok"],
)
def test_every_result_but_retry_is_final(sdk: Sdk, given: list[str]) -> None:
    sdk.answers(Answer(results=given))
    sdk.capture_many(len(given))
    sdk.flush()
    assert len(sdk.requests) == 1
    assert sdk.clock.waits == []


@each(
    prunes_ok_events_on_partial_retry=["ok", "retry"],
    prunes_dropped_events_on_partial_retry=["drop", "retry"],
    retries_only_retry_events_from_partial=["ok", "drop", "retry"],
    partial_retry_preserves_uuids=["ok", "retry"],
)
def test_only_events_to_retry_are_sent_again(sdk: Sdk, given: list[str]) -> None:
    sdk.answers(Answer(results=given))
    sdk.capture_many(len(given))
    sdk.flush()
    first, second = sdk.requests
    retried = [uuid for uuid, result in zip(field_of("uuid", first), given, strict=True) if result == "retry"]
    assert field_of("uuid", second) == retried
