from __future__ import annotations

from pathlib import Path

import pytest

from otel.inspector.running import RunningInspector
from tests.lifecycle.servers import environment, gunicorn, serving, traceparent, uvicorn

_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize("command", [gunicorn(), uvicorn()], ids=["WSGI", "ASGI"])
@pytest.mark.parametrize("sampler", ["always_on", "always_off"])
def test_a_thousand_events_of_one_request_arrive(
    command: list[str | Path], sampler: str, inspector: RunningInspector, database: str, tmp_path: Path
) -> None:
    env = environment(inspector.url, HOST_DATABASE=database, OTEL_TRACES_SAMPLER=sampler)
    with serving(command, env, tmp_path) as server:
        assert server.get("/ship/?count=1000", traceparent(_TRACE)).body == b"shipped"
        server.stop()
    shipped = inspector.good()
    assert sorted(one["properties"]["number"] for one in shipped) == list(range(1000))
    assert {one["properties"]["$trace_id"] for one in shipped} == {_TRACE}
    assert len({one["distinct_id"] for one in shipped}) == 1


def test_a_transaction_that_is_rolled_back_leaves_no_event(
    inspector: RunningInspector, database: str, tmp_path: Path
) -> None:
    env = environment(inspector.url, HOST_DATABASE=database)
    with serving(gunicorn(), env, tmp_path) as server:
        assert server.get("/ship_and_roll_back/").body == b"shipped one"
        server.stop()
    assert [one["properties"]["number"] for one in inspector.good()] == [14]
