"""A span that can never be delivered does not affect others: those in its request and after it arrive."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.collector.deployment import Deployment, running_deployment
from tests.collector.load import shipped
from tests.collector.otlp import delimited, event, send_raw_spans, send_spans, span
from tests.services.needing import needs_collector

pytestmark = [pytest.mark.slow, needs_collector, pytest.mark.xdist_group("collector")]

ONLY = {"posthog.only": True}
FOREVER = 1_000_000_000

_GOOD = 300


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with running_deployment(
        tmp_path_factory.mktemp("deployment"), POSTHOG_EVENT_NAMES="parcel_.*"
    ) as deployment:
        yield deployment


def _good(trace: int, number: int) -> Span:
    return span(trace, "ship", {}, event("parcel_shipped", {"number": number}), number=number + 1)


def _that_does_not_fit(trace: int) -> bytes:
    return _raw(span(trace, "ship", {}, event("parcel_shipped", {"number": "many"})))


def _that_posthog_refuses(trace: int) -> bytes:
    paid = event("invoice_paid", {"team_slug": "acme", "amount": 2.5})
    return _raw(span(trace, "pay", ONLY, paid))


def _that_is_not_utf_8(trace: int) -> bytes:
    return _raw(_shipped_with(trace, note="caf____")).replace(b"caf____", b"caf\xe9\xff\xfe\xc3")


def _that_is_nested_deeply(trace: int) -> bytes:
    value = delimited(1, b"the innermost")  # AnyValue.string_value
    for _ in range(60):  # Python's protobuf reads 100 nested messages, and each level has two
        value = delimited(5, delimited(1, value))  # AnyValue.array_value, ArrayValue.values
    attribute = delimited(3, delimited(1, b"deep") + delimited(2, value))  # Event.attributes
    return _raw(span(trace, "ship")) + delimited(11, delimited(2, b"parcel_shipped") + attribute)


def _whose_error_is_malformed(trace: int) -> bytes:
    return _raw(span(trace, "fail", ONLY, event("exception", {"posthog.error": "{"})))


def _raw(poison: Span) -> bytes:
    return poison.SerializeToString()


def _shipped_with(trace: int, **more: Any) -> Span:
    return span(trace, "ship", {}, event("parcel_shipped", {"number": 1, **more}))


_POISONS = {
    _that_does_not_fit: "wrong_type",
    _that_posthog_refuses: "refused",
    _that_is_not_utf_8: "malformed",
    _that_is_nested_deeply: "malformed",
    _whose_error_is_malformed: "mapping_failed",
}


@pytest.mark.parametrize(
    ("poison", "reason"), _POISONS.items(), ids=lambda one: getattr(one, "__name__", one)
)
def test_a_poisonous_span_is_the_only_one_lost(
    poison: Callable[[int], bytes], reason: str, deployment: Deployment
) -> None:
    deployment.inspector.reset()
    deployment.inspector.fail(events=["invoice_paid"], status=400, count=FOREVER)
    lost = f'posthog_events_lost_total{{reason="{reason}"}}'
    before = deployment.bridge.metric(lost)
    trace = secrets.randbits(128)
    neighbors = [_raw(_good(trace, number)) for number in range(_GOOD)]

    spans = [*neighbors[:200], poison(secrets.randbits(128)), *neighbors[200:]]
    send_raw_spans(deployment.collector.otlp_url, *spans)
    send_spans(deployment.collector.otlp_url, _good(trace, _GOOD))

    deployment.arrived(_GOOD + 1)
    assert shipped(deployment.inspector) == [(f"{trace:032x}", number) for number in range(_GOOD + 1)]
    assert deployment.bridge.metric(lost) == before + 1


def test_a_span_of_seventeen_mebibytes_arrives_with_those_after_it(deployment: Deployment) -> None:
    deployment.inspector.reset()
    trace = secrets.randbits(128)
    large = span(trace, "ship", {"text": "x" * 17 * 2**20}, event("parcel_shipped", {"number": 0}), number=1)
    send_spans(deployment.collector.otlp_url, large, *(_good(trace, number) for number in range(1, 20)))
    deployment.arrived(20)
    assert shipped(deployment.inspector) == [(f"{trace:032x}", number) for number in range(20)]
