"""Requests that hold far more than their size suggests are refused quickly, and accounted for."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel.bridge import application
from otel.bridge.otlp import budget
from otel.bridge.otlp.body import PROTOBUF as PROTOBUF_TYPE
from otel.bridge.otlp.body import parse_request
from otel.bridge.otlp.refusal import Refused
from otel.bridge.server import running_bridge
from otel.inspector.running import RunningInspector
from otel.outcomes.quarantine import Quarantine
from otel.settings import Settings
from tests.otel.bridge.sending import JSON, PROTOBUF, Answer, ask, post, post_json
from tests.otel.bridge.test_logs import logs, record
from tests.otel.bridge.test_traces import event, javascript_request, shipped
from tests.otel.shop import REGISTRY

# Bytes, decompressed: enough to hold more than the budget, and quick to send.
_SIZE = 700_000


def varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def repeated(part: bytes, size: int = _SIZE) -> bytes:
    return part * (size // len(part))


def json_spans(spans: bytes) -> bytes:
    return b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + spans.rstrip(b",") + b"]}]}]}"


def one_span(content: bytes) -> bytes:
    return field(1, field(2, field(2, content)))


# The request, and the path.
_POISON: dict[str, tuple[bytes, dict[str, str], str]] = {
    "empty spans": (field(1, field(2, repeated(b"\x12\x00"))), PROTOBUF, "/v1/traces"),
    "empty spans, with lengths of two bytes": (
        field(1, field(2, repeated(b"\x92\x00\x80\x00", 2_000_000))),
        PROTOBUF,
        "/v1/traces",
    ),
    "empty spans after one that is not UTF-8": (
        field(1, field(2, field(2, field(5, b"\xff")) + repeated(b"\x12\x00"))),
        PROTOBUF,
        "/v1/traces",
    ),
    "empty spans after a group": (
        field(1, field(2, b"\x7b\x7c" + repeated(b"\x12\x00"))),
        PROTOBUF,
        "/v1/traces",
    ),
    "empty groups by scope": (field(1, repeated(b"\x12\x00")), PROTOBUF, "/v1/traces"),
    "empty groups by resource": (repeated(b"\x0a\x00"), PROTOBUF, "/v1/traces"),
    "empty log records": (field(1, field(2, repeated(b"\x12\x00"))), PROTOBUF, "/v1/logs"),
    "empty metrics": (field(1, field(2, repeated(b"\x12\x00"))), PROTOBUF, "/v1/metrics"),
    "empty span events": (one_span(repeated(b"\x5a\x00")), PROTOBUF, "/v1/traces"),
    "declared events without attributes": (
        one_span(repeated(field(11, field(2, b"parcel_shipped")))),
        PROTOBUF,
        "/v1/traces",
    ),
    "empty attributes": (one_span(repeated(b"\x4a\x00", 4_500_000)), PROTOBUF, "/v1/traces"),
    "empty spans as JSON": (json_spans(repeated(b"{},", 900_000)), JSON, "/v1/traces"),
    "numbers in place of spans": (json_spans(repeated(b"1,")), JSON, "/v1/traces"),
    "nulls in place of spans": (json_spans(repeated(b"null,", 1_500_000)), JSON, "/v1/traces"),
    "half a character, then empty spans": (
        json_spans(b'{"name":"\\ud83d"},' + repeated(b"{},", 900_000)),
        JSON,
        "/v1/traces",
    ),
    "empty groups as JSON": (
        b'{"resourceSpans":[' + repeated(b"{},", 900_000)[:-1] + b"]}",
        JSON,
        "/v1/traces",
    ),
    "objects in an unknown field": (b'{"x":[' + repeated(b"[],", 6_500_000)[:-1] + b"]}", JSON, "/v1/traces"),
}


@pytest.mark.parametrize("name", _POISON)
def test_a_request_that_holds_too_much_is_refused_quickly_and_accounted_for(
    inspector: RunningInspector, bridge: str, name: str
) -> None:
    body, kind, path = _POISON[name]
    packed = gzip.compress(body, 1)
    before = lost(bridge, "over_budget")
    began = time.process_time()
    answer = post(bridge, packed, kind | {"Content-Encoding": "gzip"}, path)
    assert (answer.status, "smaller batches" in _reason(answer, kind)) == (413, True)
    assert time.process_time() - began < 5
    assert lost(bridge, "over_budget") > before
    assert post_json(bridge, javascript_request([shipped()], identity={})).status == 200
    assert len(inspector.good()) == 1


def _reason(answer: Answer, kind: dict[str, str]) -> str:
    return str(answer.json["message"]) if kind is JSON else answer.reason


def lost(url: str, reason: str) -> int:
    """Return how many events a bridge has lost for a reason."""
    lines = ask(url, "GET", "/metrics").body.decode().splitlines()
    return next(
        int(float(line.split()[-1])) for line in lines if f'events_lost_total{{reason="{reason}"}}' in line
    )


_CHEAP: dict[str, tuple[bytes, dict[str, str]]] = {
    "attributes of one span": (
        one_span(field(11, field(2, b"parcel_shipped")) + repeated(b"\x4a\x00")),
        PROTOBUF,
    ),
    "attributes of one event": (
        one_span(field(11, field(2, b"parcel_shipped") + repeated(b"\x1a\x00"))),
        PROTOBUF,
    ),
    "misfits as JSON": (json_spans(repeated(b'{"name":5},')), JSON),
    "spans that are not UTF-8": (field(1, field(2, repeated(field(2, field(5, b"\xff"))))), PROTOBUF),
}


@pytest.mark.parametrize("name", _CHEAP)
def test_what_cannot_be_read_is_rejected_quickly(bridge: str, name: str) -> None:
    body, kind = _CHEAP[name]
    began = time.process_time()
    assert post(bridge, body, kind).status == 200
    assert time.process_time() - began < 5


def test_rejections_are_all_counted_and_the_first_thousand_are_quarantined(
    inspector: RunningInspector, settings: Settings, tmp_path: Path
) -> None:
    misfit = event("parcel_shipped", {"number": "seven"})
    body = javascript_request([*[misfit] * 3_000, shipped()], identity={})
    with running_bridge(application(settings.replace(quarantine=tmp_path), REGISTRY)) as url:
        answer = post_json(url, body)
        assert lost(url, "wrong_type") == 3_000
    assert answer.json["partialSuccess"] == {
        "rejectedSpans": "1",
        "errorMessage": "events that can never be delivered: 3000 wrong_type",
    }
    assert len(list(Quarantine(tmp_path).entries())) == 1_000
    assert len(inspector.good()) == 1


def test_a_request_that_takes_too_long_to_map_is_refused_as_a_whole(
    inspector: RunningInspector, bridge: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "_SECONDS", 0.0)
    monkeypatch.setattr(budget, "_SECONDS_PER_BYTE", 0.0)
    parcels = [record("parcel_shipped", {"number": number}) for number in range(100)]
    before = lost(bridge, "over_budget")
    assert post_json(bridge, logs(*parcels), "/v1/logs").status == 413
    assert lost(bridge, "over_budget") - before == 100
    assert inspector.good() == []


@pytest.mark.parametrize(
    ("body", "headers", "status", "reason"),
    [
        (b"no OTLP", JSON, 400, "malformed"),
        (b"no OTLP", {"Content-Type": "text/plain"}, 415, "malformed"),
        (b"no gzip", PROTOBUF | {"Content-Encoding": "gzip"}, 400, "malformed"),
        (bytes(33 * 1024 * 1024), PROTOBUF, 413, "over_budget"),
    ],
    ids=["no OTLP", "no media type", "no gzip", "too many bytes"],
)
def test_a_request_that_is_refused_for_good_is_counted(
    bridge: str, body: bytes, headers: dict[str, str], status: int, reason: str
) -> None:
    before = lost(bridge, reason)
    assert post(bridge, body, headers).status == status
    assert lost(bridge, reason) - before == 1
    metrics = ask(bridge, "GET", "/metrics").body.decode()
    assert f'posthog_bridge_requests_total{{outcome="{reason}",signal="traces"}}' in metrics


def test_dense_but_small_requests_are_accepted(inspector: RunningInspector, bridge: str) -> None:
    few = one_span(
        field(1, bytes(15) + b"\1") + field(2, bytes(7) + b"\1") + field(11, field(2, b"order_a")) * 900
    )
    assert post(bridge, few).status == 200
    assert len(inspector.good()) == 900


_unknown = st.sampled_from(
    [b"", b"\x38\x01", b"\x39" + bytes(8), b"\x3d" + bytes(4), b"\x3a\x02hi", b"\x7b\x7c"]
)
_lengths: st.SearchStrategy[Callable[[int, bytes], bytes]] = st.sampled_from(
    [field, lambda number, content: bytes([number << 3 | 2 | 0x80, 0]) + varint(len(content)) + content]
)
_groups = st.lists(st.lists(st.integers(0, 4), max_size=3), max_size=3)


@given(_groups, _unknown, _lengths, st.integers(0, 3))
def test_spans_are_counted_as_they_are_read(
    groups: list[list[int]], unknown: bytes, write: Callable[[int, bytes], bytes], events: int
) -> None:
    span = field(5, b"a name") + b"\x5a\x00" * events
    raw = b"".join(
        write(1, unknown + b"".join(write(2, unknown + write(2, span) * spans) for spans in scopes))
        for scopes in groups
    )
    message, _ = parse_request(raw, PROTOBUF_TYPE, ExportTraceServiceRequest)
    read = [len(scope.spans) for group in message.resource_spans for scope in group.scope_spans]
    assert read == [spans for scopes in groups for spans in scopes]
    items = len(groups) + sum(map(len, groups)) + sum(read)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(budget, "_SMALLEST", 0)
        patch.setattr(budget, "_MAX_ITEMS", items)
        budget.check_protobuf(raw)
        if items:
            patch.setattr(budget, "_MAX_ITEMS", items - 1)
            with pytest.raises(Refused):
                budget.check_protobuf(raw)


@given(st.binary(max_size=60))
def test_any_bytes_can_be_counted(raw: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(budget, "_SMALLEST", 0)
        budget.check_protobuf(raw)


@pytest.mark.parametrize("slices", [1, 2])
def test_each_attempt_of_a_large_request_continues_where_the_last_one_ended(
    inspector: RunningInspector, settings: Settings, monkeypatch: pytest.MonkeyPatch, slices: int
) -> None:
    monkeypatch.setattr("otel.bridge._service._SLICE", 10)
    monkeypatch.setattr("otel.bridge._service._PARALLEL", slices)
    monkeypatch.setattr("otel.bridge._service._DEADLINE", 0.0)
    monkeypatch.setattr("otel.bridge._service._MIN_DELIVERY", 1.8)
    body = json.dumps(javascript_request([event(f"order_{n}", {}) for n in range(20)], identity={})).encode()
    arrived: list[int] = []
    status = 503
    with running_bridge(application(settings, REGISTRY)) as url:
        inspector.fail(delay=1.0, count=100)
        for _ in range(10):
            status = post(url, body, JSON).status
            arrived.append(len(inspector.good()))
            if status == 200:
                break
    assert (status, arrived[-1]) == (200, 20)
    assert arrived == [min(10 * slices * (one + 1), 20) for one in range(len(arrived))]
    assert inspector.all()["duplicates"] == 0


def test_large_requests_are_processed_one_at_a_time(
    inspector: RunningInspector, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otel.bridge._service._LARGE", 100)
    body = json.dumps(javascript_request([shipped()], identity={})).encode()
    first: list[int] = []
    with running_bridge(application(settings, REGISTRY)) as url:
        inspector.fail(delay=0.7, count=1)
        thread = threading.Thread(target=lambda: first.append(post(url, body, JSON).status))
        thread.start()
        while ask(url, "GET", "/healthz").json["in_flight"] == 0:
            pass
        second = post(url, body, JSON)
        assert (second.status, second.headers["retry-after"]) == (429, "1")
        assert post_json(url, {}).status == 200
        thread.join()
        assert post(url, body, JSON).status == 200
    assert first == [200]


def test_an_event_that_a_request_holds_twice_is_sent_once(
    inspector: RunningInspector, settings: Settings
) -> None:
    body: dict[str, Any] = javascript_request([shipped()], identity={})
    body["resourceSpans"] *= 2
    with running_bridge(application(settings.replace(capture_mode="v1"), REGISTRY)) as url:
        assert post_json(url, body).json == {}
    assert [one["events"] for one in inspector.requests()] == [1]
    assert len(inspector.good()) == 1
