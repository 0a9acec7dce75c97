"""The running deployment: the path of an event, health checks, and the metrics of dashboard and alerts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial

import pytest
import requests

from tests.deploy.deployment import Deployment, running_deployment
from tests.deploy.needing import needs_go
from tests.lifecycle.servers import ROOT, run, wait_for
from tests.services.needing import needs_collector, needs_services

pytestmark = [
    pytest.mark.slow,
    needs_go,
    needs_collector,
    needs_services,
    pytest.mark.xdist_group("deployment"),
]

# Metrics that exist only after the first failure or the first log record.
_RARE = {
    "otelcol_exporter_enqueue_failed_log_records",
    "otelcol_exporter_enqueue_failed_spans",
    "otelcol_exporter_send_failed_log_records",
    "otelcol_exporter_send_failed_spans",
    "otelcol_receiver_accepted_log_records",
    "otelcol_receiver_refused_log_records",
    "otelcol_processor_tail_sampling_sampling_trace_dropped_too_early",
}
_METRIC = re.compile(r"\b(?:otelcol|posthog|process)_\w+|\btarget_info\b")


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with running_deployment(tmp_path_factory.mktemp("deployment")) as deployment:
        deployment.sign_up("dana@new.example")
        wait_for(lambda: deployment.inspector.good("user_signed_up"))
        yield deployment


def test_an_event_of_a_page_arrives_through_collector_and_bridge(deployment: Deployment) -> None:
    (signed_up,) = deployment.inspector.good("user_signed_up")
    assert signed_up["properties"]["method"] == "email"
    assert (
        "posthog_events_delivered_total" in requests.get(f"{deployment.bridge_url}/metrics", timeout=10).text
    )


def test_the_programs_are_healthy_and_the_worker_by_composes_own_check(deployment: Deployment) -> None:
    ready = deployment.ask("/readyz/")
    assert (ready.status_code, ready.json()) == (200, {"database": "ok", "broker": "ok"})
    wait_for(lambda: "ready." in deployment.worker.log())
    assert deployment.check("worker") == 0
    wait_for(lambda: "beat: Starting" in deployment.beat.log())


def test_the_programs_own_counters_reach_prometheus(deployment: Deployment) -> None:
    found = wait_for(
        lambda: re.search(
            r'^posthog_events_delivered_total\{.*job="tformance".*\} [1-9]',
            deployment.collector.programs_metrics(),
            re.MULTILINE,
        )
    )
    assert "instance=" in found.group()  # each process has its own


def test_the_dashboard_and_the_alerts_use_existing_metrics(deployment: Deployment) -> None:
    # The first exists once spans have been sent, the second once a trace has been sampled.
    for name in ("otelcol_exporter_sent_spans", "otelcol_processor_tail_sampling_count_traces_sampled"):
        wait_for(partial(_is_there, deployment, name))
    texts = (
        deployment.collector.metrics(),
        deployment.collector.programs_metrics(),
        _of_bridge(deployment),
    )
    there = {name for text in texts for name in re.findall(r"^([a-z_]+)(?:\{| )", text, re.MULTILINE)}
    asked = {name for text in _expressions() for name in _METRIC.findall(text)}

    assert asked - there <= _RARE
    # The labels must match, because one metric is divided by the other.
    size, room = (
        set(re.findall(rf'(?m)^otelcol_exporter_queue_{of}(\{{.*"otlp_http/bridge".*\}})', texts[0]))
        for of in ("size", "capacity")
    )
    assert size == room
    assert {re.findall(r'data_type="(\w+)"', labels)[0] for labels in size} == {"traces", "logs"}


@pytest.mark.parametrize("program", ["product", "worker"])
def test_rejected_events_of_a_program_can_be_replayed_next_to_the_bridge(
    deployment: Deployment, program: str
) -> None:
    tracking = f"from apps.utils.analytics import track_event; track_event(None, 'of_no_{program}')"
    tracked = run(["python", "manage.py", "shell", "--command", tracking], deployment.env[program])
    assert tracked.returncode == 0, tracked.stderr

    replay = ["python", "manage.py", "telemetry", "replay", "--dry-run"]
    replayed = run(replay, deployment.env["bridge"])
    assert f"1 undeclared: no event declares the name 'of_no_{program}'" in replayed.stdout, replayed.stderr


def _is_there(deployment: Deployment, metric: str) -> bool:
    return metric in deployment.collector.metrics()


def _of_bridge(deployment: Deployment) -> str:
    return requests.get(f"{deployment.bridge_url}/metrics", timeout=10).text


def _expressions() -> Iterator[str]:
    alerts = (ROOT / "deploy/prometheus/alerts.yml").read_text()
    yield from re.findall(r"expr:(.*?)\n(?:        for|        labels)", alerts, re.DOTALL)
    dashboard = json.loads((ROOT / "deploy/grafana/dashboards/pipeline.json").read_text())
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
