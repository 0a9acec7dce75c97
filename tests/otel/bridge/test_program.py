"""The bridge as a program: its error messages, and how it stops."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import orjson
import pytest

from otel.inspector.running import RunningInspector
from tests.lifecycle.servers import ROOT, environment, run, running, wait_for
from tests.otel.bridge.sending import JSON, ask, post
from tests.otel.bridge.test_traces import javascript_request, shipped

pytestmark = pytest.mark.slow

_COMMAND = [sys.executable, "-m", "otel.bridge", "--port", "0"]


def test_a_startup_error_names_its_cause(inspector: RunningInspector) -> None:
    without_key = run(_COMMAND, environment(None))
    assert (without_key.returncode, "POSTHOG_API_KEY is not set" in without_key.stderr) == (1, True)
    env = environment(inspector.url)
    without_module = run([*_COMMAND, "--events", "tests.no_such"], env)
    assert (without_module.returncode, "there is no module" in without_module.stderr) == (1, True)
    taken = run([*_COMMAND[:-1], inspector.url.rpartition(":")[2]], env)
    assert (taken.returncode, "Is one running already?" in taken.stderr) == (1, True)
    assert run([*_COMMAND[:-1], "99999"], env).returncode == 1


@pytest.mark.parametrize(
    "command",
    [
        [*_COMMAND, "--events", "tests.host.events"],
        [sys.executable, ROOT / "manage.py", "telemetry", "bridge", "--port", "0"],
    ],
    ids=["python -m", "manage.py"],
)
def test_the_bridge_answers_an_open_request_before_it_stops(
    inspector: RunningInspector, tmp_path: Path, command: list[str | Path]
) -> None:
    env = environment(inspector.url, POSTHOG_EVENTS="parcel_*", POSTHOG_BRIDGE_TOKEN="t0ken")
    answers: list[int] = []
    body, headers = (
        orjson.dumps(javascript_request([shipped()], identity={})),
        JSON | {"Authorization": "Bearer t0ken"},
    )
    with running(command, env, tmp_path) as process:
        url = wait_for(
            lambda: next((word for word in process.log().split() if word.startswith("http")), None)
        )
        wait_for(lambda: _is_ready(url))
        inspector.fail(delay=1.0, count=1)
        thread = threading.Thread(target=lambda: answers.append(post(url, body, headers).status))
        thread.start()
        wait_for(lambda: ask(url, "GET", "/healthz").json["in_flight"])
        assert process.stop(signal.SIGTERM) < 8
        thread.join()
    assert answers == [200]
    assert len(inspector.good("parcel_shipped")) == 1


def _is_ready(url: str) -> bool:
    try:
        return ask(url, "GET", "/readyz").status == 200
    except OSError:
        return False
