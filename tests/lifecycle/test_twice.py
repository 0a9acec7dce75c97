from __future__ import annotations

import sys
from collections import Counter

import pytest

from otel.inspector.running import RunningInspector
from tests.lifecycle.servers import environment, run

_EACH_SPAN_TWO_ORDERS_AND_AN_ERROR = Counter({"order_placed": 6, "$exception": 3})


def _export(inspector: RunningInspector, mode: str) -> None:
    env = environment(inspector.url, POSTHOG_EVENTS="order_*", POSTHOG_CAPTURE_MODE=mode)
    ended = run([sys.executable, "-m", "tests.lifecycle.programs.exporting"], env)
    assert ended.returncode == 0, ended.stderr


def _deliveries(inspector: RunningInspector) -> dict[str, int]:
    captures = inspector.good()
    assert Counter(one["event"] for one in captures) == _EACH_SPAN_TWO_ORDERS_AND_AN_ERROR
    return {one["uuid"]: one["deliveries"] for one in captures}


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_spans_exported_by_two_processes_are_one_set_of_events(
    mode: str, inspector: RunningInspector
) -> None:
    _export(inspector, mode)
    once = _deliveries(inspector)
    _export(inspector, mode)
    assert set(once.values()) == {1}
    assert _deliveries(inspector) == dict.fromkeys(once, 2)


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_a_batch_whose_response_is_lost_is_resent_as_the_same_events(
    mode: str, inspector: RunningInspector
) -> None:
    inspector.fail(lose_answer=True)
    _export(inspector, mode)
    deliveries = _deliveries(inspector)
    assert len(deliveries) == 9
    assert set(deliveries.values()) == {2}


def test_both_endpoints_get_the_same_events(inspector: RunningInspector) -> None:
    _export(inspector, "v0")
    _export(inspector, "v1")
    assert set(_deliveries(inspector).values()) == {2}
