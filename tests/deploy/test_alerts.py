"""The alerts: checked and tested by Prometheus's own tool, and explained in docs/operations.md."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.deploy.needing import needs_promtool
from tests.lifecycle.servers import ROOT

FOLDER = ROOT / "deploy/prometheus"


def _alerts() -> list[str]:
    return re.findall(r"- alert: (\w+)", (FOLDER / "alerts.yml").read_text())


@needs_promtool
@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "config", "prometheus.yml"],
        ["check", "rules", "--lint=all", "--lint-fatal", "alerts.yml"],
        ["test", "rules", "alerts_test.yml"],
    ],
    ids=" ".join,
)
def test_promtool_finds_no_errors(arguments: list[str]) -> None:
    done = subprocess.run(["promtool", *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested() -> None:
    tried = re.findall(r"alertname: (\w+)\n", (FOLDER / "alerts_test.yml").read_text())
    assert set(tried) == set(_alerts())


def test_every_alert_is_explained_and_no_other() -> None:
    text = (ROOT / "docs/operations.md").read_text()
    explained = re.findall(
        r"^\| `(\w+)` \|", text.partition("## Alerts")[2].partition("\n## ")[0], re.MULTILINE
    )
    assert sorted(explained) == sorted(_alerts())
