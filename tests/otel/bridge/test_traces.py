"""Spans over OTLP become the same captures as in the process."""

from __future__ import annotations

import gzip
from typing import Any

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.trace import SpanKind, StatusCode

from otel.delivery.posthog.exporter import PostHogSpanExporter
from otel.inspector.running import RunningInspector
from otel.settings import Settings
from tests.otel.bridge.sending import PROTOBUF, arrived, encoded, post, post_json
from tests.otel.shop import REGISTRY

_TRACER = TracerProvider().get_tracer("shop")

TRACE_ID, SPAN_ID = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"
WHEN = 1_760_000_000_123_456_789
STACK = """TypeError: cart is undefined
    at sell (/srv/shop/cart.js:7:13)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)"""

# Values that an attribute can have on the wire: text without lone surrogates, integers of 64 bits.
_texts = st.text(st.characters(codec="utf-8"), max_size=20)
_scalars = (
    _texts
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.binary(max_size=20)
    | st.none()
)
_keys = _texts.filter(bool)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3),
    max_leaves=8,
)
_identity = st.fixed_dictionaries(
    {},
    optional={
        "user.id": _values,
        "enduser.pseudo.id": _texts,
        "session.id": _texts,
        "shop.team.id": _values,
        "posthog.distinct_id": _texts,
        "posthog.opted_out": st.booleans(),
        "http.status_code": st.sampled_from([200, 404, 500, "500"]),
    },
)
_attributes = st.builds(lambda a, b: a | b, st.dictionaries(_keys, _values, max_size=4), _identity)
_events = st.one_of(
    st.tuples(
        st.just("parcel_shipped"), st.fixed_dictionaries({"number": _values}, optional={"note": _texts})
    ),
    st.tuples(
        st.just("parcel_shipped"), st.builds(lambda a, n: a | {"number": n}, _identity, st.integers(0, 9))
    ),
    st.tuples(st.sampled_from(["order_placed", "cache_missed", "$set", "$identify"]), _attributes),
    st.tuples(st.just("$set"), st.just({"user.id": "anna", "role": "admin"})),
    st.tuples(
        st.just("exception"),
        st.fixed_dictionaries(
            {"exception.type": _texts, "exception.message": _texts}, optional={"exception.stacktrace": _texts}
        ),
    ),
)


# Two times only, so that equal events occur and get ordinals.
_recorded = st.tuples(
    st.sampled_from(SpanKind),
    _attributes,
    st.lists(st.tuples(_events, st.integers(WHEN, WHEN + 1)), max_size=4),
    st.sampled_from(StatusCode),
)


def recorded(
    kind: SpanKind, attributes: dict[str, Any], events: list[Any], status: StatusCode
) -> ReadableSpan:
    span = _TRACER.start_span("a span", kind=kind, attributes=attributes)
    for (name, event_attributes), time in events:
        span.add_event(name, event_attributes, time)
    span.set_status(status)
    span.end()
    assert isinstance(span, ReadableSpan)
    return span


def test_any_spans_become_the_same_captures_as_in_the_process(
    inspector: RunningInspector, bridge: str, settings: Settings
) -> None:
    @hypothesis_settings(max_examples=40)
    @given(st.lists(_recorded, max_size=3))
    def check(drawn: list[Any]) -> None:
        spans = [recorded(*one) for one in drawn]
        inspector.reset()
        exporter = PostHogSpanExporter(settings=settings, registry=REGISTRY)
        exporter.export(spans)
        exporter.shutdown()
        in_process = arrived(inspector)
        inspector.reset()
        assert post(bridge, encoded(spans)).status == 200
        assert arrived(inspector) == in_process

    check()


def test_a_gzipped_request_is_accepted(inspector: RunningInspector, bridge: str) -> None:
    span = recorded(SpanKind.INTERNAL, {}, [(("parcel_shipped", {"number": 7}), WHEN)], StatusCode.UNSET)
    answer = post(bridge, gzip.compress(encoded([span])), PROTOBUF | {"Content-Encoding": "gzip"})
    assert (answer.status, answer.body, answer.headers["content-type"]) == (
        200,
        b"",
        "application/x-protobuf",
    )
    assert [capture["properties"]["number"] for capture in inspector.good("parcel_shipped")] == [7]


def test_a_span_event_of_a_javascript_program_has_its_own_person_and_group(
    inspector: RunningInspector, bridge: str
) -> None:
    answer = post_json(
        bridge, javascript_request([shipped()], identity={"user.id": "anna", "shop.team.id": "acme"})
    )
    assert (answer.status, answer.json) == (200, {})
    [capture] = inspector.good()
    assert capture["event"] == "parcel_shipped"
    assert capture["distinct_id"] == "anna"
    assert capture["timestamp"] == "2025-10-09T08:53:20.123456Z"
    properties = capture["properties"]
    assert properties["$trace_id"] == TRACE_ID
    assert properties["$span_id"] == SPAN_ID
    assert properties["$groups"] == {"team": "acme"}
    assert (properties["number"], properties["carrier"]) == (7, "bike")


def test_a_failed_request_of_a_javascript_program_is_an_error(
    inspector: RunningInspector, bridge: str
) -> None:
    exception = {
        "exception.type": "TypeError",
        "exception.message": "cart is undefined",
        "exception.stacktrace": STACK,
    }
    body = javascript_request([event("exception", exception)], identity={"user.id": "anna"}, status=2)
    assert post_json(bridge, body).status == 200
    captures = {capture["event"]: capture for capture in inspector.good()}
    assert captures.keys() == {"$exception", "shop_failed"}
    assert captures["$exception"]["distinct_id"] == "anna"
    assert captures["$exception"]["properties"]["$exception_list"][0]["type"] == "TypeError"
    assert captures["shop_failed"]["properties"]["error_type"] == "TypeError"


def test_json_names_may_be_snake_case_and_integers_may_be_numbers(
    inspector: RunningInspector, bridge: str
) -> None:
    value = {"int_value": 7}
    one = {
        "name": "parcel_shipped",
        "time_unix_nano": WHEN,
        "attributes": [{"key": "number", "value": value}],
    }
    span = {"trace_id": TRACE_ID, "span_id": SPAN_ID, "events": [one], "not_yet_invented": {"a": [1]}}
    assert post_json(bridge, {"resource_spans": [{"scope_spans": [{"spans": [span]}]}]}).status == 200
    assert [capture["properties"]["$trace_id"] for capture in inspector.good()] == [TRACE_ID]


def test_spans_whose_events_are_delivered_separately_are_not_mapped(
    inspector: RunningInspector, bridge: str
) -> None:
    assert post_json(bridge, javascript_request([shipped()], identity={"posthog.apart": True})).status == 200
    assert inspector.good() == []
    assert post_json(bridge, javascript_request([shipped()], identity={"posthog.only": True})).status == 200
    assert len(inspector.good()) == 1


def test_spans_without_anything_for_posthog_are_ignored(inspector: RunningInspector, bridge: str) -> None:
    assert (
        post_json(bridge, javascript_request([event("cache_missed", {"key": "a"})], identity={})).json == {}
    )
    assert post(bridge, b"").status == 200
    assert inspector.requests() == []


def shipped() -> dict[str, Any]:
    return event("parcel_shipped", {"number": 7, "carrier": "bike"})


def event(name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "timeUnixNano": str(WHEN),
        "attributes": pairs(attributes),
        "droppedAttributesCount": 0,
    }


def pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": value(one)} for name, one in attributes.items()]


def value(one: Any) -> dict[str, Any]:
    if isinstance(one, bool):
        return {"boolValue": one}
    return {"intValue": one} if isinstance(one, int) else {"stringValue": one}


def javascript_request(events: list[Any], *, identity: dict[str, Any], status: int = 0) -> dict[str, Any]:
    """Return the body of `@opentelemetry/exporter-trace-otlp-http` for one server span."""
    span = {
        "traceId": TRACE_ID,
        "spanId": SPAN_ID,
        "name": "POST /orders",
        "kind": 2,
        "startTimeUnixNano": str(WHEN),
        "endTimeUnixNano": str(WHEN + 1_000_000),
        "attributes": pairs(identity),
        "droppedAttributesCount": 0,
        "events": events,
        "droppedEventsCount": 0,
        "status": {"code": status},
        "links": [{"traceId": TRACE_ID, "spanId": SPAN_ID, "attributes": [], "droppedAttributesCount": 0}],
        "droppedLinksCount": 0,
        "flags": 257,
    }
    resource = {"attributes": pairs({"service.name": "shop-js"}), "droppedAttributesCount": 0}
    scope = {"scope": {"name": "shop", "version": ""}, "spans": [span]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}
