"""Direct delivery and delivery through the Collector result in the same captures, with either carrier."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from otel.inspector.running import running_inspector
from tests.collector.deployment import captures, running_deployment
from tests.lifecycle.servers import run
from tests.services.needing import needs_collector

pytestmark = [pytest.mark.slow, needs_collector, pytest.mark.xdist_group("collector")]

_BOTH = [sys.executable, "-m", "tests.collector.programs.both"]


@pytest.mark.parametrize("carrier", ["span", "log"])
def test_both_routes_deliver_the_same_captures_with_the_same_ids(carrier: str, tmp_path: Path) -> None:
    with running_inspector() as direct, running_deployment(tmp_path) as deployment:
        env = deployment.environment(
            POSTHOG_VIA="posthog",
            POSTHOG_API_KEY="phc_test",
            POSTHOG_HOST=direct.url,
            POSTHOG_CARRIER=carrier,
        )
        ended = run(_BOTH, env)
        assert (ended.returncode, ended.stderr) == (0, "")
        expected = captures(direct)
        deployment.arrived(len(expected))

        found = Counter(one["event"] for one in expected)
        assert (found["parcel_shipped"], found["invoice_paid"]) == (20, 20)
        assert found["$exception"] == found["host_failed"] > 0
        assert captures(deployment.inspector) == expected
