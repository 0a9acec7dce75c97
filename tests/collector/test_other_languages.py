"""A program in another language that sends the same OTLP spans and events results in the same captures."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from otel.inspector.running import running_inspector
from tests.collector.deployment import captures, running_deployment
from tests.lifecycle.servers import ROOT, environment, run
from tests.services.needing import needs_collector

pytestmark = [pytest.mark.slow, needs_collector, pytest.mark.xdist_group("collector")]

_IDS = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")


def test_javascript_results_in_the_same_captures_as_python(tmp_path: Path) -> None:
    node = shutil.which("node")
    assert node is not None
    with (
        running_inspector() as direct,
        running_deployment(tmp_path, POSTHOG_EVENT_NAMES="parcel_shipped|invoice_paid") as deployment,
    ):
        python = run([sys.executable, "-m", "tests.collector.programs.shop", *_IDS], environment(direct.url))
        assert python.returncode == 0, python.stderr
        env = deployment.environment()
        javascript = run([node, ROOT / "tests/collector/programs/shop.mjs", *_IDS], env)
        assert (javascript.returncode, javascript.stderr) == (0, "")
        deployment.arrived(4)

        expected = captures(direct)
        assert [one["event"] for one in expected].count("parcel_shipped") == 2
        assert len(expected) == 4
        assert captures(deployment.inspector) == expected
