"""The host under real servers, with delivery to PostHog through the bridge instead of directly."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel.inspector.running import RunningInspector
from tests.lifecycle.bridging import FORWARDED, bridging, through
from tests.lifecycle.servers import BIN, ROOT, environment, gunicorn, run, serving, uvicorn

# Only a flush delivers events during a test.
_LATE = {"OTEL_BSP_SCHEDULE_DELAY": "60000"}

# Traces go to the bridge as well, which ignores them: no capture may arrive twice.
_TRACES = {
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_LOGS_EXPORTER": "none",
}

_UVICORN_WORKER = ("--worker-class", "uvicorn_worker.UvicornWorker")

_ENDS = {
    "gunicorn": gunicorn(),
    "gunicorn with preload and two workers": gunicorn("--preload", "--workers", "2"),
    "gunicorn with uvicorn's worker": gunicorn(*_UVICORN_WORKER, application="tests.host.asgi:application"),
    "uvicorn": uvicorn(),
    "opentelemetry-instrument": [BIN / "opentelemetry-instrument", *gunicorn()],
}


@pytest.fixture
def bridge(inspector: RunningInspector, tmp_path: Path) -> Iterator[str]:
    with bridging(inspector.url, tmp_path) as url:
        yield url


@pytest.mark.parametrize("sampler", ["always_on", "always_off"])
@pytest.mark.parametrize("command", _ENDS.values(), ids=_ENDS)
def test_events_recorded_just_before_the_end_arrive_once(
    command: list[str | Path],
    sampler: str,
    bridge: str,
    inspector: RunningInspector,
    database: str,
    tmp_path: Path,
) -> None:
    env = through(bridge, HOST_DATABASE=database, OTEL_TRACES_SAMPLER=sampler, **_TRACES, **_LATE)
    with serving(command, env, tmp_path) as server:
        server.get("/ship/?count=3")
        server.get("/raise_in_inner_span/")
        server.stop(signal.SIGTERM)
    arrived = sorted((one["event"], one["deliveries"]) for one in inspector.good())
    assert arrived == [("$exception", 1), ("host_failed", 1), *[("parcel_shipped", 1)] * 3]


def test_events_sent_directly_arrive_once_even_if_the_traces_reach_a_bridge(
    bridge: str, inspector: RunningInspector, database: str, tmp_path: Path
) -> None:
    env = environment(
        inspector.url, HOST_DATABASE=database, OTEL_EXPORTER_OTLP_ENDPOINT=bridge, **_TRACES, **_LATE
    )
    with serving(gunicorn(), env, tmp_path) as server:
        server.get("/ship/?count=3")
        server.get("/raise_in_inner_span/")
        server.stop(signal.SIGTERM)
    arrived = sorted((one["event"], one["deliveries"]) for one in inspector.good())
    assert arrived == [("$exception", 1), ("host_failed", 1), *[("parcel_shipped", 1)] * 3]


def test_a_program_without_our_code_sends_through_the_collector(
    bridge: str, inspector: RunningInspector
) -> None:
    program = ROOT / "tests" / "lifecycle" / "programs" / "shop.py"
    env = through(bridge, OTEL_TRACES_SAMPLER="always_off", **_TRACES, **FORWARDED)
    del env["DJANGO_SETTINGS_MODULE"]
    ended = run([BIN / "opentelemetry-instrument", sys.executable, program, "fail"], env)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == "LookupError: out of stock"
    assert [one["event"] for one in inspector.good()] == ["order_placed", "$exception", "host_failed"]
