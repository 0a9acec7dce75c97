"""What the bridge tells Prometheus of itself."""

from __future__ import annotations

import re

from tests.otel.bridge.sending import ask


def test_it_tells_how_much_of_its_core_it_has_used(bridge: str) -> None:
    text = ask(bridge, "GET", "/metrics").body.decode()
    used = re.search(r"^process_cpu_seconds_total (\S+)$", text, re.MULTILINE)
    assert used, text
    assert float(used.group(1)) > 0
