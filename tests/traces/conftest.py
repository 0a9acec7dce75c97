"""What the tests of traces share: a backend, a sandbox, and the product with Alice at it."""

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
    """Return the product's environment, with its database made and Alice's team in it."""
    ours = {"DJANGO_SETTINGS_MODULE": "tformance.settings", "DATABASE_URL": "", "CELERY_BROKER_URL": ""}
    env = environment(inspector.url, **ours, **sandbox.environ()) | services
    command: list[str | Path] = [sys.executable, "-m", "tests.apps.syncs.programs.prepare"]
    prepared = run([*command, sandbox.url, PASSWORD], env)
    assert prepared.returncode == 0, prepared.stderr
    return env | environ(sink)


@contextmanager
def running_product(env: dict[str, str], folder: Path) -> Iterator[Product]:
    """Run the product as long as the block; its last spans are sent by its end."""
    with serving(UVICORN, env, folder) as server:
        yield Product(server)
        server.stop()
