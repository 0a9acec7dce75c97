"""The dashboard's expressions, evaluated by Prometheus's own tool."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.deploy.needing import needs_promtool
from tests.lifecycle.servers import ROOT


def _panel(title: str) -> list[dict[str, str]]:
    dashboard = json.loads((ROOT / "deploy/grafana/dashboards/pipeline.json").read_text())
    targets: list[dict[str, str]] = next(one for one in dashboard["panels"] if one["title"] == title)[
        "targets"
    ]
    return targets


def _assert_answer(folder: Path, expression: str, expected: list[dict[str, Any]]) -> None:
    # The Collector has a queue for each signal: the queue of spans is full, that of log records is empty.
    bridge = 'exporter="otlp_http/bridge"'
    series = {
        f'otelcol_exporter_queue_size{{data_type="traces", {bridge}}}': "1000",
        f'otelcol_exporter_queue_size{{data_type="logs", {bridge}}}': "0",
        f'otelcol_exporter_queue_capacity{{data_type="traces", {bridge}}}': "1000",
        f'otelcol_exporter_queue_capacity{{data_type="logs", {bridge}}}': "1000",
    }
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": value} for name, value in series.items()],
        "promql_expr_test": [{"expr": expression, "eval_time": "0m", "exp_samples": expected}],
    }
    (folder / "test.yml").write_text(json.dumps({"tests": [test]}))
    done = subprocess.run(
        ["promtool", "test", "rules", "test.yml"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_one_full_queue_shows_as_full(tmp_path: Path) -> None:
    (target,) = _panel("Waiting")
    _assert_answer(tmp_path, target["expr"], [{"labels": "{}", "value": 1}])


@needs_promtool
def test_each_queue_has_a_name(tmp_path: Path) -> None:
    waiting, room = _panel("The queue to the bridge")
    for target, empty in ((waiting, 0), (room, 1000)):
        samples = [
            {"labels": '{data_type="traces"}', "value": 1000},
            {"labels": '{data_type="logs"}', "value": empty},
        ]
        _assert_answer(tmp_path, target["expr"], samples)
        assert re.search(r"\{\{data_type\}\}", target["legendFormat"])
