"""Jaeger with the deployed configuration."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import requests

from tests.lifecycle.servers import ROOT, running, wait_for
from tests.services._installed import built
from tests.services.needing import needs_collector
from tformance.run.programs.ports import HOST, choose_port

pytestmark = [pytest.mark.slow, needs_collector]


def test_jaeger_starts_answers_and_shows_its_metrics(tmp_path: Path) -> None:
    names = ("JAEGER_HTTP", "JAEGER_GRPC", "JAEGER_OTLP", "METRICS")
    ports: dict[str, int] = {}
    for name in names:
        ports[name] = choose_port(0, 0, beside=ports.values())
    endpoints = {f"{name}_ENDPOINT": f"{HOST}:{port}" for name, port in ports.items()}
    env = {**os.environ, **endpoints, "METRICS_HOST": HOST, "METRICS_PORT": str(ports["METRICS"])}
    command: list[str | Path] = [built("jaeger"), "--config", ROOT / "deploy/jaeger.yaml"]

    def get(port: str, path: str) -> str:
        try:
            return requests.get(f"http://{HOST}:{ports[port]}{path}", timeout=5).text
        except requests.RequestException:
            return ""

    with running(command, env, tmp_path) as process:
        assert wait_for(lambda: get("JAEGER_HTTP", "/api/v3/services")).startswith("{")
        assert "otelcol_process_uptime" in wait_for(lambda: get("METRICS", "/metrics"))
        assert "deprecated" not in process.log().lower()
