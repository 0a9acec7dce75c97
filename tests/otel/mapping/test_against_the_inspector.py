"""PostHog accepts every capture of the mapping, according to the inspector, which follows PostHog's rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel.delivery.posthog.client import PostHogClient
from otel.envelope import Capture, Envelope
from otel.inspector.running import RunningInspector, running_inspector
from otel.mapping import Mapper
from otel.outcomes import Ledger
from tests.otel.mapping.test_mapping import REGISTRY, SETTINGS, anything, attributes_, names


@pytest.fixture(scope="module")
def inspector() -> Iterator[RunningInspector]:
    with running_inspector() as running:
        yield running


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_no_input_makes_mapping_return_captures_that_the_inspector_refuses(
    inspector: RunningInspector, mode: str
) -> None:
    settings = SETTINGS.replace(host=inspector.url, capture_mode=mode, events=("order_*",))
    mapper, delivery = Mapper(REGISTRY, settings), PostHogClient(settings, Ledger())

    @given(names, attributes_, attributes_, st.integers(), st.integers(0, 2**128 - 1), anything)
    def deliver(
        name: str,
        attributes: dict[str, Any],
        span_attributes: dict[str, Any],
        time: int,
        trace_id: int,
        number: Any,
    ) -> None:
        recorded = {"team_slug": "acme", "number": number, "user.id": "u1"} | attributes
        envelope = Envelope(name, recorded, time, trace_id, 1, 0, span_attributes)
        captures = [one for one in mapper(envelope) if isinstance(one, Capture)]
        assert delivery.deliver(captures) == ()

    deliver()
    delivery.close()
    assert inspector.bad() == []
