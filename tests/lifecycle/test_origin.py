"""The origin in captures from Django, a program without our code and a foreign program, by each route."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from otel.inspector.running import RunningInspector
from tests.lifecycle.bridging import bridging, through
from tests.lifecycle.servers import BIN, ROOT, environment, gunicorn, run, serving

_RELEASE = "01983c1e-7d1a-7000-8000-0000000000aa"
_WHERE_FROM = {
    "OTEL_SERVICE_NAME": "shop",
    "OTEL_RESOURCE_ATTRIBUTES": "service.version=1.2.3,deployment.environment.name=staging",
    "POSTHOG_RELEASE_ID": _RELEASE,
}
_ORIGIN = {
    "service_name": "shop",
    "service_version": "1.2.3",
    "environment": "staging",
    "$release_id": _RELEASE,
}
_NOWHERE = {f"OTEL_{signal}_EXPORTER": "none" for signal in ("TRACES", "METRICS", "LOGS")}


@pytest.fixture(params=["posthog", "collector"])
def way(
    request: pytest.FixtureRequest, inspector: RunningInspector, tmp_path: Path
) -> Iterator[dict[str, str]]:
    """Return the environment of a program that sends directly, or through a bridge without a release."""
    if request.param == "posthog":
        yield environment(inspector.url, **_WHERE_FROM)
        return
    folder = tmp_path / "bridge"
    folder.mkdir()
    with bridging(inspector.url, folder) as bridge:
        yield through(bridge, **_WHERE_FROM)


def _origins(inspector: RunningInspector) -> dict[str, list[dict[str, Any]]]:
    """Return the origin properties of the captures, by event name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in inspector.good():
        said = {name: value for name, value in one["properties"].items() if name in _ORIGIN}
        found.setdefault(one["event"], []).append(said)
    return found


def test_events_updates_and_errors_of_django_have_an_origin(
    way: dict[str, str], inspector: RunningInspector, database: str, tmp_path: Path
) -> None:
    with serving(gunicorn(), {**way, "HOST_DATABASE": database}, tmp_path) as server:
        server.get("/raise_plainly/")
        server.stop()
    names = ("parcel_shipped", "$exception", "host_failed")
    assert _origins(inspector) == {name: [_ORIGIN] for name in names}


def test_captures_of_a_program_without_our_code_have_an_origin(
    way: dict[str, str], inspector: RunningInspector
) -> None:
    env = {**way, **_NOWHERE, "POSTHOG_EVENTS": "order_*"}
    del env["DJANGO_SETTINGS_MODULE"]
    program: list[str | Path] = [
        BIN / "opentelemetry-instrument",
        sys.executable,
        "tests/lifecycle/programs/shop.py",
        "fail",
    ]
    assert run(program, env).returncode == 1
    origins = _origins(inspector)
    origins.pop("host_failed", None)  # the bridge knows the host's error event
    assert origins == {"order_placed": [_ORIGIN], "$exception": [_ORIGIN]}


def test_captures_of_a_foreign_program_have_the_release_of_its_resource(
    inspector: RunningInspector, tmp_path: Path
) -> None:
    node = shutil.which("node")
    assert node is not None
    resource = f"{_WHERE_FROM['OTEL_RESOURCE_ATTRIBUTES']},posthog.release_id={_RELEASE}"
    with bridging(inspector.url, tmp_path) as bridge:
        env = through(bridge, OTEL_SERVICE_NAME="shop", OTEL_RESOURCE_ATTRIBUTES=resource)
        program: list[str | Path] = [
            node,
            ROOT / "tests/collector/programs/shop.mjs",
            "0" * 31 + "1",
            "0" * 15 + "1",
        ]
        assert run(program, env).returncode == 0
    origins = _origins(inspector)
    assert set(origins) == {"parcel_shipped", "invoice_paid"}
    assert [one for said in origins.values() for one in said] == [_ORIGIN] * 4
