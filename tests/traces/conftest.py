"""Fixtures of the trace tests: a trace backend, an inspector, a sandbox and the product with Alice's team."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from otel.inspector.running import RunningInspector, running_inspector
from tests.apps.conftest import PASSWORD
from tests.apps.syncs.test_worker import UVICORN, Product
from tests.lifecycle.servers import environment, run, serving
from tests.traces.sink import Sink, environ, running_sink
from tformance.sandbox.running import RunningSandbox, running_sandbox


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with running_sink() as sink:
        yield sink


@pytest.fixture(scope="module")
def inspector() -> Iterator[RunningInspector]:
    with running_inspector() as inspector:
        yield inspector


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


def product_environment(
    sink: Sink, inspector: RunningInspector, sandbox: RunningSandbox, services: dict[str, str]
) -> dict[str, str]:
    """Create the product's database with Alice's team; return the product's environment."""
    ours = {"DJANGO_SETTINGS_MODULE": "tformance.settings", "DATABASE_URL": "", "CELERY_BROKER_URL": ""}
    env = environment(inspector.url, **ours, **sandbox.environ()) | services
    command: list[str | Path] = [sys.executable, "-m", "tests.apps.syncs.programs.prepare"]
    prepared = run([*command, sandbox.url, PASSWORD], env)
    assert prepared.returncode == 0, prepared.stderr
    return env | environ(sink)


@contextmanager
def running_product(env: dict[str, str], folder: Path) -> Iterator[Product]:
    """Run the product during the block; the product sends its last spans when it stops."""
    with serving(UVICORN, env, folder) as server:
        yield Product(server)
        server.stop()
