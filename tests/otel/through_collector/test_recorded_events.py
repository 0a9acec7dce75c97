"""Recorded events: those of a request leave on one span, and become the same captures as directly."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel import Identity, Reason, Settings, pipeline, record
from otel._guard import raise_internal_errors
from otel.bridge._mapping import RequestMapper
from otel.delivery.collector.exporter import CollectorExporter
from otel.delivery.http import Answer, Transport
from otel.envelope import Capture, Envelope
from otel.identity import identified
from otel.mapping import Mapper
from otel.outcomes import Quarantine
from otel.selecting import RecordedEvent
from tests.otel.faults import failing
from tests.otel.shop import GROUPS, REGISTRY, ParcelShipped
from tests.otel.through_collector.collector import Collector, attributes
from tests.otel.through_collector.conftest import SETTINGS, Install
from tests.otel.through_collector.test_leaving import ANNA, FixedIdentity, tracer

NOW = 1_795_395_600_123_456_789
RESOURCE = {"service.name": "shop", "service.version": "1"}
COMMON = Settings(groups=GROUPS, events=("order_*",), release_id="release-1")


def event(number: int, **changes: Any) -> RecordedEvent:
    given = {
        "name": "parcel_shipped",
        "attributes": {"number": number, "carrier": "post"},
        "time_unix_nano": NOW + number,
        "trace_id": 1,
        "span_id": 2,
        "span_attributes": {"user.id": "anna"},
        "resource": RESOURCE,
    }
    return RecordedEvent(**{**given, **changes})


def exported(batch: list[RecordedEvent]) -> tuple[ExportTraceServiceRequest, Counter[str]]:
    """Export a batch; return the request that the Collector got, and the counts."""
    bodies: list[bytes] = []

    def post(transport: Transport, path: str, body: bytes, *args: Any) -> Answer:
        bodies.append(body)
        return Answer(200, {}, b"")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("otel.delivery.http.transport.Transport.post", post)
        patch.setattr("otel.delivery.http._sender.compress", lambda raw: raw)
        exporter = CollectorExporter(COMMON.replace(via="collector"), REGISTRY)
        exporter.export(batch)
    assert len(bodies) <= 1
    request = ExportTraceServiceRequest.FromString(bodies[0] if bodies else b"")
    return request, Counter(exporter.ledger.counters.totals())


def spans_of(request: ExportTraceServiceRequest) -> list[Span]:
    return [span for group in request.resource_spans for scope in group.scope_spans for span in scope.spans]


def test_the_events_of_a_request_leave_on_one_span(shop: pipeline.Pipeline, collector: Collector) -> None:
    with identified(FixedIdentity(ANNA)), tracer.start_as_current_span("GET /orders") as span:
        for number in range(3):
            record(ParcelShipped(number=number))
        record(ParcelShipped(number=3), identity=Identity("person-ben"))
    assert pipeline.flush()
    sent, other = collector.spans()
    context = span.get_span_context()
    assert sent.trace_id.hex() == f"{context.trace_id:032x}"
    assert {one.span_id.hex() for one in (sent, other)} == {f"{context.span_id:016x}"}
    assert (sent.name, sent.kind) == ("parcel_shipped", Span.SPAN_KIND_INTERNAL)
    assert [attributes(one.attributes)["number"] for one in sent.events] == [0, 1, 2]
    times = [one.time_unix_nano for one in sent.events]
    assert (sent.start_time_unix_nano, sent.end_time_unix_nano) == (times[0], times[2])
    assert attributes(other.attributes)["user.id"] == "person-ben"
    assert shop.counters.totals() == {"delivered": 4}


def test_events_with_other_spans_identities_or_programs_have_their_own_spans() -> None:
    anna, again = {"user.id": "anna", "http.url": "/secret"}, {"user.id": "anna"}
    request, counts = exported(
        [
            event(0, span_attributes=anna),
            event(1, span_attributes=again),
            event(2, span_attributes=anna, span_id=3),
            event(3, span_attributes=anna),
            event(4, span_attributes=anna, resource={"service.name": "till"}),
        ]
    )
    found = [
        (span.span_id[-1], [attributes(one.attributes)["number"] for one in span.events])
        for span in spans_of(request)
    ]
    assert found == [(2, [0, 3]), (2, [1]), (3, [2]), (2, [4])]
    assert {frozenset(attributes(span.attributes)) for span in spans_of(request)} == {
        frozenset({"user.id", "posthog.only"})
    }
    assert counts == {"delivered": 5}


def test_events_of_people_who_opted_out_do_not_leave_except_for_groups() -> None:
    out, anna = {"posthog.opted_out": True}, {"user.id": "anna"}
    group = {"posthog.group_type": "team", "posthog.group_key": "t1"}
    request, counts = exported(
        [
            event(0, span_attributes=out),
            event(1, span_attributes=out, name="$groupidentify", attributes=group),
            event(2, span_attributes=anna, attributes={"number": 2, "posthog.opted_out": True}),
            event(3, span_attributes=anna),
        ]
    )
    assert [[one.name for one in span.events] for span in spans_of(request)] == [
        ["$groupidentify"],
        ["parcel_shipped"],
    ]
    assert counts == {"delivered": 2, "opted_out": 2}


def test_an_event_that_cannot_be_encoded_is_quarantined_and_the_others_of_its_span_leave(
    install: Install, collector: Collector, tmp_path: Path
) -> None:
    shop = install(SETTINGS.replace(quarantine=tmp_path))
    raise_internal_errors(False)
    about = {"user.id": "anna"}
    events = [event(number, span_attributes=about) for number in range(4)]
    events[2].time_unix_nano = 2**64
    events[3].attributes = {"number": 3, "posthog.opted_out": True}
    assert isinstance(shop.exporter, CollectorExporter)
    shop.exporter.export(events)
    assert [attributes(one.attributes)["number"] for span in collector.spans() for one in span.events] == [
        0,
        1,
    ]
    assert shop.counters.totals() == {"delivered": 2, "mapping_failed": 1, "opted_out": 1}
    (entry,) = Quarantine(tmp_path).entries()
    assert isinstance(entry.item, Envelope)
    assert (entry.item.name, entry.item.attributes["number"]) == ("parcel_shipped", 2)
    assert entry.item.resource["service.name"] == "shop"


@pytest.mark.parametrize("count", [1, 3])
def test_a_fault_that_passes_loses_at_most_the_event_it_meets(
    shop: pipeline.Pipeline, collector: Collector, count: int
) -> None:
    raise_internal_errors(False)
    with failing("writing a span", {0}), tracer.start_as_current_span("request"):
        for number in range(count):
            record(ParcelShipped(number=number), identity=ANNA)
        assert pipeline.flush()
    lost = 1 if count == 1 else 0
    assert len(collector.events()) == count - lost
    assert shop.counters.totals().get("mapping_failed", 0) == lost


texts = st.text(max_size=12) | st.text(st.characters(exclude_categories=()), max_size=12)
scalars = texts | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.booleans() | st.binary(max_size=12)
values = scalars | st.lists(scalars | st.lists(texts, max_size=2).map(tuple), max_size=3).map(tuple)
stamps = st.dictionaries(
    st.sampled_from(
        ["user.id", "enduser.pseudo.id", "session.id", "shop.team.id", "posthog.opted_out", "http.url"]
    ),
    st.sampled_from(["anna", "ben", "0199f2a4-7b1c-7d3e-9f60-2a4b6c8d0e1f", True, False]) | values,
    max_size=4,
)
properties = st.fixed_dictionaries({"number": st.integers(0, 99)}, optional={"note": texts}) | (
    st.dictionaries(
        st.sampled_from(
            [
                "number",
                "note",
                "role",
                "user.id",
                "posthog.group_type",
                "posthog.group_key",
                "posthog.anon_distinct_id",
                "posthog.opted_out",
            ]
        )
        | texts,
        values,
        max_size=4,
    )
)
names = st.sampled_from(
    ["parcel_shipped", "parcel_shipped", "order_placed", "$set", "$identify", "$groupidentify"]
)
programs = st.sampled_from([RESOURCE, {"service.name": "till", "posthog.release_id": "release-2"}])
requests = st.tuples(
    st.integers(0, 2),
    st.integers(0, 2),
    stamps,
    programs,
    st.lists(st.tuples(names, properties, st.integers(0, 10**12)), max_size=4),
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(requests, min_size=1, max_size=4), st.randoms())
def test_the_captures_are_those_of_the_direct_way(requests: list[Any], random: Any) -> None:
    batch = [
        RecordedEvent(name, own, NOW + offset, trace_id, span_id, 0, about, resource)
        for trace_id, span_id, about, resource, events in requests
        for name, own, offset in events
    ]
    random.shuffle(batch)
    for number, one in enumerate(batch):
        one.time_unix_nano += 10**12 * number  # unique, and not in order
    request, counts = exported(batch)
    bridged = RequestMapper(COMMON, REGISTRY).spans(request)
    captures: list[Capture] = []
    rejected: Counter[Reason] = Counter()
    mapper = Mapper(REGISTRY, COMMON)
    for one in batch:
        for mapped in mapper(one):
            if isinstance(mapped, Capture):
                captures.append(mapped)
            else:
                rejected[mapped.reason] += 1

    def comparable(captures: list[Capture]) -> list[str]:
        return sorted(repr(one) for one in captures)  # NaN differs from itself, its text doesn't

    assert comparable(bridged.captures) == comparable(captures)
    found = bridged.counts.copy()
    found[Reason.OPTED_OUT] += counts["opted_out"]
    assert +found == rejected
    assert counts["delivered"] + counts["opted_out"] == len(batch)
