"""What goes to PostHog straight and by the Collector at once is one set of captures, by either carrier."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from otel.inspector.running import running_inspector
from tests.collector.whole import captures, running_whole
from tests.lifecycle.servers import run
from tests.services.needing import needs_collector

pytestmark = [pytest.mark.slow, needs_collector, pytest.mark.xdist_group("collector")]

_BOTH = [sys.executable, "-m", "tests.collector.programs.both"]


@pytest.mark.parametrize("carrier", ["span", "log"])
def test_both_ways_give_the_same_captures_with_the_same_ids(carrier: str, tmp_path: Path) -> None:
    with running_inspector() as straight, running_whole(tmp_path) as whole:
        env = whole.environment(
            POSTHOG_VIA="posthog",
            POSTHOG_API_KEY="phc_test",
            POSTHOG_HOST=straight.url,
            POSTHOG_CARRIER=carrier,
        )
        ended = run(_BOTH, env)
        assert (ended.returncode, ended.stderr) == (0, "")
        expected = captures(straight)
        whole.arrived(len(expected))

        found = Counter(one["event"] for one in expected)
        assert (found["parcel_shipped"], found["invoice_paid"]) == (20, 20)
        assert found["$exception"] == found["host_failed"] > 0
        assert captures(whole.inspector) == expected
