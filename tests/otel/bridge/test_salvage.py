"""An unreadable part of a request does not affect the other parts."""

from __future__ import annotations

from contextlib import suppress

import orjson
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from otel.bridge.otlp.body import JSON, PROTOBUF, parse_request
from otel.bridge.otlp.refusal import Refused

_GOOD, _POISON = "good", "poison"
_NOT_UTF_8 = b"poi\xff\xfen"

# The name of each resource, with the name of each of its scopes and of the scope's spans.
_names = st.sampled_from([_GOOD, _POISON])
_scopes = st.tuples(_names, st.lists(_names, max_size=4))
_requests = st.lists(st.tuples(_names, st.lists(_scopes, max_size=3)), min_size=1, max_size=3)
_Request = list[tuple[str, list[tuple[str, list[str]]]]]


def _resource(name: str) -> Resource:
    return Resource(attributes=[KeyValue(key="service.name", value=AnyValue(string_value=name))])


def _traces(request: _Request) -> bytes:
    return ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=_resource(resource),
                scope_spans=[
                    ScopeSpans(
                        scope=InstrumentationScope(name=scope), spans=[Span(name=name) for name in names]
                    )
                    for scope, names in scopes
                ],
            )
            for resource, scopes in request
        ]
    ).SerializeToString()


def _logs(request: _Request) -> bytes:
    return ExportLogsServiceRequest(
        resource_logs=[
            ResourceLogs(
                resource=_resource(resource),
                scope_logs=[
                    ScopeLogs(
                        scope=InstrumentationScope(name=scope),
                        log_records=[LogRecord(event_name=name) for name in names],
                    )
                    for scope, names in scopes
                ],
            )
            for resource, scopes in request
        ]
    ).SerializeToString()


def _poisoned(raw: bytes) -> bytes:
    return raw.replace(_POISON.encode(), _NOT_UTF_8)


@given(_requests)
def test_all_readable_spans_are_read(request: _Request) -> None:
    message, unreadable = parse_request(_poisoned(_traces(request)), PROTOBUF, ExportTraceServiceRequest)
    names = [name for _, scopes in request for _, names in scopes for name in names]
    read = [span.name for group in message.resource_spans for s in group.scope_spans for span in s.spans]
    assert (read, unreadable) == ([_GOOD] * names.count(_GOOD), names.count(_POISON))
    services = [[one.value.string_value for one in g.resource.attributes] for g in message.resource_spans]
    assert services == [[_GOOD] if resource == _GOOD else [] for resource, _ in request]


@given(_requests)
def test_all_readable_log_records_are_read(request: _Request) -> None:
    message, unreadable = parse_request(_poisoned(_logs(request)), PROTOBUF, ExportLogsServiceRequest)
    names = [name for _, scopes in request for _, names in scopes for name in names]
    read = [
        one.event_name for group in message.resource_logs for s in group.scope_logs for one in s.log_records
    ]
    assert (read, unreadable) == ([_GOOD] * names.count(_GOOD), names.count(_POISON))


# Not an object, an id that is not hexadecimal or not a string, a name and a time of the wrong type.
_MISFITS: list[object] = [
    7,
    {"traceId": "zz"},
    {"spanId": 7},
    {"name": 5},
    {"startTimeUnixNano": "soon"},
]


@given(_requests, st.sampled_from(_MISFITS), st.booleans())
def test_all_valid_spans_of_a_json_request_are_read(
    request: _Request, misfit: object, snake_case: bool
) -> None:
    def service(name: str) -> object:
        key = "service.name" if name == _GOOD else 5
        return {"attributes": [{"key": key, "value": {"stringValue": name}}]}

    sound = {"traceId": "0af7651916cd43dd8448eb211c80319c", "name": _GOOD}
    within, spans = ("resource_spans", "scope_spans") if snake_case else ("resourceSpans", "scopeSpans")
    body = {
        within: [
            {
                "resource": service(resource),
                spans: [
                    {
                        "scope": {"name": scope if scope == _GOOD else 5},
                        "spans": [sound if name == _GOOD else misfit for name in names],
                    }
                    for scope, names in scopes
                ],
            }
            for resource, scopes in request
        ]
    }
    message, unreadable = parse_request(orjson.dumps(body), JSON, ExportTraceServiceRequest)
    names = [name for _, scopes in request for _, names in scopes for name in names]
    read = [span for group in message.resource_spans for s in group.scope_spans for span in s.spans]
    assert ([span.name for span in read], unreadable) == (
        [_GOOD] * names.count(_GOOD),
        names.count(_POISON),
    )
    assert {span.trace_id.hex() for span in read} <= {sound["traceId"]}
    services = [[one.value.string_value for one in g.resource.attributes] for g in message.resource_spans]
    assert services == [[_GOOD] if resource == _GOOD else [] for resource, _ in request]


def test_a_string_that_javascript_cut_within_a_character_is_read() -> None:
    raw = b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "\\ud83d", "traceState": "\xff"}]}]}]}'
    message, unreadable = parse_request(raw, JSON, ExportTraceServiceRequest)
    [span] = message.resource_spans[0].scope_spans[0].spans
    assert (span.name, span.trace_state, unreadable) == ("?", "\N{REPLACEMENT CHARACTER}", 0)


@given(st.binary(), st.sampled_from([PROTOBUF, JSON]))
def test_any_bytes_are_read_or_refused(raw: bytes, media_type: str) -> None:
    with suppress(Refused):
        parse_request(raw, media_type, ExportTraceServiceRequest)
