"""Whatever the spans and log records of a trace look like, each exception is at most one error."""

from __future__ import annotations

import base64
from typing import Any

from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel.bridge._mapping import RequestMapper
from otel.envelope import Capture
from tests.otel.bridge.test_traces import WHEN, pairs
from tests.otel.bridge.traces import python
from tests.otel.shop import REGISTRY, SETTINGS

# In protobuf's own JSON, ids are base64.
_TRACE = base64.b64encode(bytes(range(16))).decode()
_IDS = [base64.b64encode(number.to_bytes(8, "big")).decode() for number in range(1, 7)]
_STACKS = [
    python(is_seen_outside=is_outer, message=message) for is_outer in (True, False) for message in "ab"
]

_exceptions = st.builds(
    lambda stack, time: {"name": "exception", "timeUnixNano": str(WHEN + time), "attributes": pairs(stack)},
    st.sampled_from(_STACKS),
    st.integers(0, 3),
)
_spans = st.fixed_dictionaries(
    {
        "parentSpanId": st.sampled_from([*_IDS, ""]),
        "kind": st.integers(0, 5),
        "status": st.sampled_from([{}, {"code": 1}, {"code": 2}]),
        "startTimeUnixNano": st.just(str(WHEN)),
        "endTimeUnixNano": st.integers(0, 9).map(lambda time: str(WHEN + time)),
        "attributes": st.sampled_from([{}, *({"http.status_code": code} for code in (200, 404, 500))]).map(
            pairs
        ),
        "events": st.lists(_exceptions, max_size=2),
    }
)
_records = st.builds(
    lambda stack, span_id, time: {
        "traceId": _TRACE,
        "spanId": span_id,
        "timeUnixNano": str(WHEN + time),
        "severityNumber": 17,
        "attributes": pairs(stack),
    },
    st.sampled_from(_STACKS),
    st.sampled_from(_IDS),
    st.integers(0, 3),
)
_languages = st.sampled_from(["python", "nodejs", "go"])


def _resource(language: str) -> dict[str, Any]:
    return {"attributes": pairs({"telemetry.sdk.language": language})}


def _errors(captures: list[Capture]) -> list[str]:
    return [one.uuid for one in captures if one.event == "$exception"]


def _judged(spans: list[dict[str, Any]], language: str) -> list[str]:
    groups = {"resource": _resource(language), "scopeSpans": [{"spans": spans}]}
    request = ExportTraceServiceRequest()
    ParseDict({"resourceSpans": [groups]}, request)
    found = RequestMapper(SETTINGS, REGISTRY).spans(request)
    assert not found.counts
    return _errors(found.captures)


@hypothesis_settings(max_examples=150)
@given(st.lists(_spans, min_size=1, max_size=6), _languages, st.randoms())
def test_the_order_of_spans_makes_no_difference(
    spans: list[dict[str, Any]], language: str, random: Any
) -> None:
    trace = {"traceId": _TRACE}
    spans = [trace | {"spanId": _IDS[index]} | one for index, one in enumerate(spans)]
    found = _judged(spans, language)
    assert len(set(found)) == len(found) <= len(spans)
    # Spans that end at one time have no order but that of the request.
    if len({one["endTimeUnixNano"] for one in spans}) == len(spans):
        times = [event["timeUnixNano"] for one in spans for event in one["events"]]
        if len(set(times)) == len(times):
            random.shuffle(spans)
            assert sorted(_judged(spans, language)) == sorted(found)


@given(st.lists(_records, min_size=1, max_size=8), _languages)
def test_logged_errors_have_different_ids(records: list[dict[str, Any]], language: str) -> None:
    groups = {"resource": _resource(language), "scopeLogs": [{"logRecords": records}]}
    request = ExportLogsServiceRequest()
    ParseDict({"resourceLogs": [groups]}, request)
    captures = RequestMapper(SETTINGS, REGISTRY).logs(request).captures
    found = _errors(captures)
    assert len(set(found)) == len(found) <= len(records)
    assert bool(found) == bool(records)
