"""The metrics of the bridge process."""

from __future__ import annotations

import re

from tests.otel.bridge.sending import ask


def test_the_bridge_reports_its_cpu_time(bridge: str) -> None:
    text = ask(bridge, "GET", "/metrics").body.decode()
    used = re.search(r"^process_cpu_seconds_total (\S+)$", text, re.MULTILINE)
    assert used, text
    assert float(used.group(1)) > 0
