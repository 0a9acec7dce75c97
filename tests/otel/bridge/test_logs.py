"""Log records with an event name become the same captures as span events."""

from __future__ import annotations

from typing import Any

from otel.inspector.running import RunningInspector
from tests.otel.bridge.sending import post_json
from tests.otel.bridge.test_traces import SPAN_ID, TRACE_ID, WHEN, javascript_request, pairs, shipped

_PARCEL = {"number": 7, "carrier": "bike", "user.id": "anna"}


def record(name: str, attributes: dict[str, Any], **more: Any) -> dict[str, Any]:
    usual = {
        "timeUnixNano": str(WHEN),
        "traceId": TRACE_ID,
        "spanId": SPAN_ID,
        "body": {"stringValue": "a text"},
    }
    return usual | {"eventName": name, "attributes": pairs(attributes)} | more


def logs(*records: dict[str, Any]) -> dict[str, Any]:
    resource = {"attributes": pairs({"service.name": "shop-js"})}
    return {"resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": {}, "logRecords": records}]}]}


def post_logs(url: str, *records: dict[str, Any]) -> Any:
    answer = post_json(url, logs(*records), "/v1/logs")
    assert answer.status == 200
    return answer.json


def test_a_record_and_a_span_event_are_one_capture(inspector: RunningInspector, bridge: str) -> None:
    assert post_logs(bridge, record("parcel_shipped", _PARCEL)) == {}
    assert post_json(bridge, javascript_request([shipped()], identity={"user.id": "anna"})).status == 200
    assert inspector.all()["duplicates"] == 1
    [capture] = inspector.good()
    assert (capture["distinct_id"], capture["properties"]["$trace_id"]) == ("anna", TRACE_ID)


def test_equal_records_stay_distinct_and_an_explicit_ordinal_applies(
    inspector: RunningInspector, bridge: str
) -> None:
    one = record("parcel_shipped", _PARCEL)
    post_logs(bridge, one, one)
    post_logs(bridge, record("parcel_shipped", _PARCEL | {"posthog.ordinal": 1}))
    assert len({capture["uuid"] for capture in inspector.good()}) == 2


def test_a_record_without_a_time_has_its_time_of_observation(
    inspector: RunningInspector, bridge: str
) -> None:
    post_logs(bridge, record("parcel_shipped", _PARCEL, timeUnixNano="0", observedTimeUnixNano=str(WHEN)))
    assert inspector.good()[0]["timestamp"] == "2025-10-09T08:53:20.123456Z"


def test_other_records_are_ignored(inspector: RunningInspector, bridge: str) -> None:
    severe = {"severityNumber": 17}
    post_logs(
        bridge, record("", {"a": "b"}), record("", {"a": "b"}, **severe), record("cache_missed", {}, **severe)
    )
    assert inspector.requests() == []


def test_an_undeclared_record_that_is_for_posthog_only_is_rejected(
    inspector: RunningInspector, bridge: str
) -> None:
    answer = post_logs(bridge, record("parcel_lost", {"posthog.only": True}))
    assert answer["partialSuccess"]["rejectedLogRecords"] == "1"
    assert "1 undeclared" in answer["partialSuccess"]["errorMessage"]


def test_a_logged_exception_is_an_error_if_it_is_severe(inspector: RunningInspector, bridge: str) -> None:
    exception = {"exception.type": "TypeError", "exception.message": "cart is undefined", "user.id": "anna"}
    post_logs(bridge, record("exception", exception, severityNumber=13))
    assert inspector.good() == []
    post_logs(bridge, record("exception", exception, severityNumber=17))
    post_logs(bridge, record("", exception, severityNumber=17, spanId="00f067aa0ba902b7"))
    assert [capture["distinct_id"] for capture in inspector.good("$exception")] == ["anna", "anna"]
