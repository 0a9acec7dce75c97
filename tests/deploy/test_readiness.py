"""The product's readiness probe, on real servers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel.inspector.running import RunningInspector, running_inspector
from tests.deploy.product import product
from tests.services.needing import needs_services
from tests.services.redis import running_redis

pytestmark = pytest.mark.slow

_NOWHERE = "127.0.0.1:1"


@pytest.fixture
def inspector() -> Iterator[RunningInspector]:
    with running_inspector() as inspector:
        yield inspector


def test_the_product_is_ready_with_database_and_broker(tmp_path: Path) -> None:
    with product(tmp_path) as server:
        answer = server.get("/readyz/")
    assert (answer.status, json.loads(answer.body)) == (200, {"database": "ok", "broker": "ok"})


def test_without_a_database_the_product_is_alive_but_not_ready_and_records_no_error(
    inspector: RunningInspector, tmp_path: Path
) -> None:
    url = f"postgresql://nobody:none@{_NOWHERE}/none"
    with product(tmp_path, inspector.url, DATABASE_URL=url) as server:
        answer = server.get("/readyz/")
        assert (answer.status, json.loads(answer.body)) == (503, {"database": "away", "broker": "ok"})
        assert server.get("/health/").status == 200
        server.stop()  # which flushes events
        assert "Traceback" not in server.log()
    assert inspector.good() == []


def test_without_a_broker_the_product_is_alive_but_not_ready(tmp_path: Path) -> None:
    with product(tmp_path, CELERY_BROKER_URL=f"redis://{_NOWHERE}/0") as server:
        answer = server.get("/readyz/")
        assert (answer.status, json.loads(answer.body)) == (503, {"database": "ok", "broker": "away"})
        assert answer.seconds < 5
        assert server.get("/health/").status == 200


@needs_services
def test_with_redis_the_product_is_ready(tmp_path: Path) -> None:
    with running_redis() as broker, product(tmp_path, CELERY_BROKER_URL=broker) as server:
        assert server.get("/readyz/").status == 200
