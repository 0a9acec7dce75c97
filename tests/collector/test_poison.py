"""One span that can never be delivered costs itself only: those beside and behind it arrive."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.collector.load import shipped
from tests.collector.otlp import delimited, event, send_raw_spans, send_spans, span
from tests.collector.whole import Whole, running_whole
from tests.services.needing import needs_collector

pytestmark = [pytest.mark.slow, needs_collector, pytest.mark.xdist_group("collector")]

ONLY = {"posthog.only": True}
FOR_EVER = 1_000_000_000

_GOOD = 300


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with running_whole(tmp_path_factory.mktemp("whole"), POSTHOG_EVENT_NAMES="parcel_.*") as whole:
        yield whole


def _good(trace: int, number: int) -> Span:
    return span(trace, "ship", {}, event("parcel_shipped", {"number": number}), number=number + 1)


def _that_does_not_fit(trace: int) -> bytes:
    return _raw(span(trace, "ship", {}, event("parcel_shipped", {"number": "many"})))


def _that_posthog_refuses(trace: int) -> bytes:
    paid = event("invoice_paid", {"team_slug": "acme", "amount": 2.5})
    return _raw(span(trace, "pay", ONLY, paid))


def _that_is_no_utf_8(trace: int) -> bytes:
    return _raw(_shipped_with(trace, note="caf____")).replace(b"caf____", b"caf\xe9\xff\xfe\xc3")


def _that_is_nested_deeply(trace: int) -> bytes:
    value = delimited(1, b"the innermost")  # AnyValue.string_value
    for _ in range(60):  # Python's protobuf reads 100 messages within each other, which are two a level
        value = delimited(5, delimited(1, value))  # AnyValue.array_value, ArrayValue.values
    attribute = delimited(3, delimited(1, b"deep") + delimited(2, value))  # Event.attributes
    return _raw(span(trace, "ship")) + delimited(11, delimited(2, b"parcel_shipped") + attribute)


def _whose_error_is_none_of_ours(trace: int) -> bytes:
    return _raw(span(trace, "fail", ONLY, event("exception", {"posthog.error": "{"})))


def _raw(poison: Span) -> bytes:
    return poison.SerializeToString()


def _shipped_with(trace: int, **more: Any) -> Span:
    return span(trace, "ship", {}, event("parcel_shipped", {"number": 1, **more}))


_POISONS = {
    _that_does_not_fit: "wrong_type",
    _that_posthog_refuses: "refused",
    _that_is_no_utf_8: "malformed",
    _that_is_nested_deeply: "malformed",
    _whose_error_is_none_of_ours: "mapping_failed",
}


@pytest.mark.parametrize(
    ("poison", "reason"), _POISONS.items(), ids=lambda one: getattr(one, "__name__", one)
)
def test_a_span_that_is_poison_costs_itself_only(
    poison: Callable[[int], bytes], reason: str, whole: Whole
) -> None:
    whole.inspector.reset()
    whole.inspector.fail(events=["invoice_paid"], status=400, count=FOR_EVER)
    lost = f'posthog_events_lost_total{{reason="{reason}"}}'
    before = whole.bridge.metric(lost)
    trace = secrets.randbits(128)
    beside = [_raw(_good(trace, number)) for number in range(_GOOD)]

    send_raw_spans(whole.collector.otlp_url, *beside[:200], poison(secrets.randbits(128)), *beside[200:])
    behind = _good(trace, _GOOD)
    send_spans(whole.collector.otlp_url, behind)

    whole.arrived(_GOOD + 1)
    assert shipped(whole.inspector) == [(f"{trace:032x}", number) for number in range(_GOOD + 1)]
    assert whole.bridge.metric(lost) == before + 1


def test_a_span_of_seventeen_mebibytes_arrives_with_those_behind_it(whole: Whole) -> None:
    whole.inspector.reset()
    trace = secrets.randbits(128)
    large = span(trace, "ship", {"text": "x" * 17 * 2**20}, event("parcel_shipped", {"number": 0}), number=1)
    send_spans(whole.collector.otlp_url, large, *(_good(trace, number) for number in range(1, 20)))
    whole.arrived(20)
    assert shipped(whole.inspector) == [(f"{trace:032x}", number) for number in range(20)]
