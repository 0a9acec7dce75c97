"""For any captures: nothing raises, each has one outcome, and PostHog accepted those delivered."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel.envelope import Capture
from otel.inspector.running import RunningInspector
from tests.otel.delivery.conftest import MakeDelivery

texts = st.text(st.characters(), max_size=12) | st.just("x" * 201)
times = st.datetimes().map(lambda time: f"{time.isoformat()}Z")
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.binary(max_size=3)
keys = texts | st.sampled_from(["$session_id", "$process_person_profile", "$groups", "$set", "distinct_id"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
)
capture = st.builds(
    Capture,
    event=texts | st.sampled_from(["order placed", "$exception", "$groupidentify"]),
    distinct_id=texts,
    uuid=st.uuids().map(str) | st.just("no uuid"),
    timestamp=times | st.just("no time"),
    properties=st.dictionaries(keys, values, max_size=4),
)


@pytest.mark.parametrize("mode", ["v0", "v1"])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch=st.lists(capture, max_size=5, unique_by=lambda capture: capture.uuid))
def test_each_capture_has_one_outcome_and_it_is_correct(
    mode: str, batch: list[Capture], inspector: RunningInspector, make_delivery: MakeDelivery
) -> None:
    inspector.reset()
    delivery = make_delivery(inspector.url, mode=mode)
    losses = delivery.deliver(batch)
    delivery.close()
    lost = [loss.index for loss in losses]
    assert lost == sorted(set(lost))
    delivered: list[Any] = [item.uuid for index, item in enumerate(batch) if index not in lost]
    assert sorted(event["uuid"] for event in inspector.good()) == sorted(delivered)
