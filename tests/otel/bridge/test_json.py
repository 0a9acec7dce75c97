"""OTLP/JSON as programs write it: nulls, names of enumerations, numbers that are not JSON, times of zero."""

from __future__ import annotations

import base64
import json
import time
from datetime import datetime
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from otel.bridge.otlp.body import JSON as JSON_TYPE
from otel.bridge.otlp.body import parse_request
from otel.inspector.running import RunningInspector
from tests.otel.bridge.sending import JSON, post, post_json
from tests.otel.bridge.test_logs import logs, record
from tests.otel.bridge.test_traces import WHEN, event, javascript_request, shipped

_EXCEPTION = {"exception.type": "TypeError", "exception.message": "m"}


def request(*events: dict[str, Any], status: Any = 0, **fields: Any) -> dict[str, Any]:
    """Return a request of one server span with some fields replaced."""
    body = javascript_request(list(events), identity={"user.id": "anna"})
    body["resourceSpans"][0]["scopeSpans"][0]["spans"][0] |= {"status": {"code": status}} | fields
    return body


def times(inspector: RunningInspector) -> list[datetime]:
    return [datetime.fromisoformat(capture["timestamp"]) for capture in inspector.good()]


_NOTHING: list[dict[str, Any]] = [
    {"parentSpanId": None},
    {"traceState": None, "flags": None, "kind": None, "status": None, "name": None},
    {"links": [{"traceId": None, "spanId": None, "attributes": None}]},
    {"links": None, "droppedLinksCount": None},
    {"attributes": [None, {"key": "a", "value": None}, {"key": "b", "value": {"arrayValue": None}}]},
    {"events": [shipped() | {"droppedAttributesCount": None}, None]},
    {"attributes": [{"key": "a", "value": {"arrayValue": {"values": [None, {"stringValue": "b"}]}}}]},
]


@pytest.mark.parametrize("fields", _NOTHING, ids=str)
def test_null_stands_for_an_absent_field(
    inspector: RunningInspector, bridge: str, fields: dict[str, Any]
) -> None:
    assert post_json(bridge, request(shipped(), **fields)).json == {}
    assert [capture["event"] for capture in inspector.good()] == ["parcel_shipped"]


@pytest.mark.parametrize(
    "within",
    [
        {"resourceSpans": None},
        {"resourceSpans": [None, {"resource": None, "scopeSpans": None}]},
        {"resourceSpans": [{"scopeSpans": [None, {"scope": None, "spans": None}]}]},
    ],
    ids=str,
)
def test_a_request_of_nulls_is_empty(bridge: str, within: dict[str, Any]) -> None:
    assert (post_json(bridge, within).status, post_json(bridge, within).json) == (200, {})


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5000])
def test_a_number_that_json_does_not_know_costs_no_event(
    inspector: RunningInspector, bridge: str, number: str
) -> None:
    load = {"key": "load", "value": {"doubleValue": 1.5}}
    body = json.dumps(request(shipped(), attributes=[load])).replace("1.5", number)
    assert post(bridge, body.encode(), JSON).json == {}
    assert [capture["event"] for capture in inspector.good()] == ["parcel_shipped"]


def test_a_byte_order_mark_is_skipped(inspector: RunningInspector, bridge: str) -> None:
    assert post(bridge, b"\xef\xbb\xbf" + json.dumps(request(shipped())).encode(), JSON).status == 200
    assert len(inspector.good()) == 1


@pytest.mark.parametrize("code", [2, "2", 2.0, "ERROR", "Error", "error", "STATUS_CODE_ERROR"])
@pytest.mark.parametrize("kind", [2, "2", "SPAN_KIND_SERVER", "Server"])
def test_enumerations_are_read_by_number_and_by_name(
    inspector: RunningInspector, bridge: str, code: Any, kind: Any
) -> None:
    failed = request(event("exception", _EXCEPTION), status=code, kind=kind, parentSpanId="00f067aa0ba902b7")
    assert post_json(bridge, failed).json == {}
    assert "$exception" in {capture["event"] for capture in inspector.good()}


def test_an_enumeration_that_is_not_known_is_the_unspecified_one(
    inspector: RunningInspector, bridge: str
) -> None:
    assert post_json(bridge, request(shipped(), status="Shrug", kind="SIDECAR")).json == {}
    assert len(inspector.good()) == 1


@pytest.mark.parametrize("severity", [17, "17", "ERROR", "SEVERITY_NUMBER_ERROR"])
def test_a_severity_is_read_by_number_and_by_name(
    inspector: RunningInspector, bridge: str, severity: Any
) -> None:
    logged = record("exception", _EXCEPTION, severityNumber=severity)
    assert post_json(bridge, logs(logged), "/v1/logs").json == {}
    assert "$exception" in {capture["event"] for capture in inspector.good()}


@pytest.mark.parametrize("value", [{"doubleValue": 3}, {"doubleValue": 3.0}, {"doubleValue": "3"}])
def test_a_whole_number_may_be_sent_as_a_double(
    inspector: RunningInspector, bridge: str, value: dict[str, Any]
) -> None:
    parcel = shipped() | {"attributes": [{"key": "number", "value": value}]}
    assert post_json(bridge, request(parcel)).json == {}
    [capture] = inspector.good()
    assert (capture["properties"]["number"], type(capture["properties"]["number"])) == (3, int)


@pytest.mark.parametrize("number", [3.5, 1e300, 2.0**53 + 2, "NaN"])
def test_a_double_that_is_no_exact_integer_is_the_wrong_type(bridge: str, number: Any) -> None:
    parcel = shipped() | {"attributes": [{"key": "number", "value": {"doubleValue": number}}]}
    assert "wrong_type" in post_json(bridge, request(parcel)).json["partialSuccess"]["errorMessage"]


@pytest.mark.parametrize("zero", ["0", 0, None])
def test_a_span_event_without_a_time_has_that_of_its_spans_end(
    inspector: RunningInspector, bridge: str, zero: Any
) -> None:
    end = WHEN + 5_000_000_000
    timeless = shipped() | {"timeUnixNano": zero}
    assert post_json(bridge, request(timeless, endTimeUnixNano=str(end))).status == 200
    assert [int(found.timestamp()) for found in times(inspector)] == [end // 10**9]


def test_an_exception_without_a_time_has_that_of_its_spans_end(
    inspector: RunningInspector, bridge: str
) -> None:
    end = WHEN + 5_000_000_000
    failure = event("exception", _EXCEPTION) | {"timeUnixNano": "0"}
    assert post_json(bridge, request(failure, status=2, endTimeUnixNano=str(end))).status == 200
    assert {int(found.timestamp()) for found in times(inspector)} == {end // 10**9}


def test_a_span_without_an_end_has_the_time_of_its_start(inspector: RunningInspector, bridge: str) -> None:
    timeless = shipped() | {"timeUnixNano": None}
    assert post_json(bridge, request(timeless, endTimeUnixNano=None)).status == 200
    assert [int(found.timestamp()) for found in times(inspector)] == [WHEN // 10**9]


def test_a_log_record_without_a_time_has_that_of_its_observation(
    inspector: RunningInspector, bridge: str
) -> None:
    observed = record("parcel_shipped", {"number": 7}, timeUnixNano="0", observedTimeUnixNano=str(WHEN))
    assert post_json(bridge, logs(observed), "/v1/logs").status == 200
    assert [int(found.timestamp()) for found in times(inspector)] == [WHEN // 10**9]


def test_without_any_time_an_event_has_that_of_its_reception_which_a_retry_keeps(
    inspector: RunningInspector, bridge: str
) -> None:
    none = {"startTimeUnixNano": "0", "endTimeUnixNano": None}
    timeless = shipped() | {"timeUnixNano": "0"}
    body = json.dumps(request(timeless, event("order_paid", {}) | {"timeUnixNano": "0"}, **none)).encode()
    began = time.time()
    inspector.fail(lose_answer=True, count=2)  # a kept connection that breaks is replaced once
    assert post(bridge, body, JSON).status == 503
    assert post(bridge, body, JSON).status == 200
    assert all(began - 1 <= found.timestamp() <= time.time() for found in times(inspector))
    assert len({capture["uuid"] for capture in inspector.good()}) == 2
    assert len({capture["timestamp"] for capture in inspector.good()}) == 1


_UNREADABLE = [
    {"intValue": "many"},
    {"intValue": 2**70},
    {"intValue": 1.5},
    {"doubleValue": {}},
    {"stringValue": 7},
    {"boolValue": "yes"},
    {"bytesValue": "?"},
    {"arrayValue": [1]},
    {"kvlistValue": {"values": [{"key": 5}]}},
    [],
    "text",
]


@pytest.mark.parametrize("value", _UNREADABLE, ids=str)
def test_an_unreadable_attribute_costs_itself_only(
    inspector: RunningInspector, bridge: str, value: Any
) -> None:
    attributes = [{"key": "odd", "value": value}, {"key": "user.id", "value": {"stringValue": "berta"}}]
    body = request(shipped(), attributes=attributes)
    body["resourceSpans"][0]["resource"]["attributes"].append({"key": "odd", "value": value})
    assert post(bridge, json.dumps(body).encode(), JSON).json == {}
    [capture] = inspector.good()
    assert (capture["distinct_id"], capture["properties"]["service_name"]) == ("berta", "shop-js")


def test_an_unreadable_property_is_rejected_with_its_event(bridge: str) -> None:
    parcel = shipped() | {"attributes": [{"key": "number", "value": {"intValue": "many"}}]}
    assert "1 wrong_type" in post_json(bridge, request(parcel)).json["partialSuccess"]["errorMessage"]


@pytest.mark.parametrize("depth", [30, 60, 150])
def test_a_deeply_nested_attribute_costs_itself_only(
    inspector: RunningInspector, bridge: str, depth: int
) -> None:
    nested: dict[str, Any] = {"stringValue": "x"}
    for _ in range(depth):
        nested = {"kvlistValue": {"values": [{"key": "k", "value": nested}]}}
    body = request(shipped(), attributes=[{"key": "deep", "value": nested}])
    body["resourceSpans"][0]["resource"]["attributes"].append({"key": "deep", "value": nested})
    assert post(bridge, json.dumps(body).encode(), JSON).json == {}
    assert [capture["event"] for capture in inspector.good()] == ["parcel_shipped"]


_texts = st.text(st.characters(codec="utf-8"), max_size=10)
_values: st.SearchStrategy[AnyValue] = st.recursive(
    st.builds(AnyValue, string_value=_texts)
    | st.builds(AnyValue, bool_value=st.booleans())
    | st.builds(AnyValue, int_value=st.integers(-(2**63), 2**63 - 1))
    | st.builds(AnyValue, double_value=st.floats(allow_nan=False))
    | st.builds(AnyValue, bytes_value=st.binary(max_size=9))
    | st.just(AnyValue()),
    lambda inner: (
        st.builds(AnyValue, array_value=st.builds(ArrayValue, values=st.lists(inner, max_size=3)))
        | st.builds(
            AnyValue,
            kvlist_value=st.builds(
                KeyValueList, values=st.lists(st.builds(KeyValue, key=_texts, value=inner), max_size=3)
            ),
        )
    ),
    max_leaves=6,
)
_attributes = st.lists(st.builds(KeyValue, key=_texts, value=_values), max_size=3)
_times = st.integers(0, 2**64 - 1)
_spans = st.builds(
    Span,
    trace_id=st.binary(min_size=16, max_size=16),
    span_id=st.binary(min_size=8, max_size=8),
    parent_span_id=st.just(b"") | st.binary(min_size=8, max_size=8),
    name=_texts,
    kind=st.sampled_from(Span.SpanKind.values()),
    start_time_unix_nano=_times,
    end_time_unix_nano=_times,
    attributes=_attributes,
    events=st.lists(
        st.builds(Span.Event, name=_texts, time_unix_nano=_times, attributes=_attributes), max_size=2
    ),
    status=st.builds(Status, code=st.sampled_from(Status.StatusCode.values()), message=_texts),
    flags=st.integers(0, 2**32 - 1),
)


@given(st.lists(_spans, max_size=3), st.booleans(), st.booleans())
def test_what_protobufs_own_writer_writes_is_read_as_it_was(
    spans: list[Span], keeps_names: bool, enumerates: bool
) -> None:
    sent = ExportTraceServiceRequest(resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=spans)])])
    fields = json_format.MessageToDict(
        sent, preserving_proto_field_name=keeps_names, use_integers_for_enums=enumerates
    )
    read, unreadable = parse_request(
        json.dumps(_with_hexadecimal_ids(fields)).encode(), JSON_TYPE, ExportTraceServiceRequest
    )
    assert (read, unreadable) == (sent, 0)


def _with_hexadecimal_ids(fields: Any) -> Any:
    if isinstance(fields, list):
        return [_with_hexadecimal_ids(one) for one in fields]
    if not isinstance(fields, dict):
        return fields
    ids = {"traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id"}
    return {
        name: base64.b64decode(one).hex() if name in ids else _with_hexadecimal_ids(one)
        for name, one in fields.items()
    }
