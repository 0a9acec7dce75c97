from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from otel.inspector.running import RunningInspector
from tests.lifecycle.servers import BIN, ROOT, environment, gunicorn, run, serving

_EMITTING = ROOT / "tests" / "lifecycle" / "programs" / "emitting.py"

_SERVERS = {
    "gunicorn with preload": gunicorn("--preload"),
    "gunicorn with uvicorn's worker": gunicorn(
        "--worker-class", "uvicorn_worker.UvicornWorker", application="tests.host.asgi:application"
    ),
}


@pytest.mark.parametrize("command", _SERVERS.values(), ids=_SERVERS)
def test_log_records_of_a_forked_worker_arrive_when_it_ends(
    command: list[str | Path], inspector: RunningInspector, database: str, tmp_path: Path
) -> None:
    env = environment(
        inspector.url,
        HOST_DATABASE=database,
        POSTHOG_CARRIER="log",
        OTEL_TRACES_SAMPLER="always_off",
        OTEL_BSP_SCHEDULE_DELAY="60000",
    )
    with serving(command, env, tmp_path) as server:
        server.get("/ship/?count=200")  # more than a span's 128 events
        assert inspector.good() == []
        server.stop(signal.SIGTERM)
    arrived = inspector.good("parcel_shipped")
    assert sorted(one["properties"]["number"] for one in arrived) == list(range(200))
    assert len({(one["properties"]["$trace_id"], one["properties"]["$span_id"]) for one in arrived}) == 1


def test_a_program_without_our_code_delivers_its_log_records(inspector: RunningInspector) -> None:
    nowhere = {f"OTEL_{signal}_EXPORTER": "none" for signal in ("TRACES", "METRICS", "LOGS")}
    env = environment(inspector.url, POSTHOG_EVENTS="order_*", OTEL_TRACES_SAMPLER="always_off", **nowhere)
    del env["DJANGO_SETTINGS_MODULE"]
    ended = run([BIN / "opentelemetry-instrument", sys.executable, _EMITTING], env)
    assert (ended.returncode, ended.stderr) == (0, "")
    [order] = inspector.good()
    assert (order["event"], order["distinct_id"]) == ("order_placed", "person-anna")
    assert order["properties"]["amount"] == 12.5
