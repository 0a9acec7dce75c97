"""Whatever leaves a view ends its request: its event, its error, and the next request of the thread."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path

import pytest

from otel.inspector.running import RunningInspector, running_inspector
from tests.host.exceptions import ENDS
from tests.lifecycle.endings import ENDINGS
from tests.lifecycle.servers import Server, environment, gunicorn, serving, traceparent, uvicorn, wait_for

# On one worker: the tests of a server share it.
pytestmark = pytest.mark.xdist_group("endings")

_SERVERS = {"WSGI": gunicorn("--worker-class", "gthread", "--threads", "1"), "ASGI": uvicorn()}
# Under ASGI, these end the event loop, and so the server; the next request gets another one.
_ENDS_SERVER = ("exit", "exit_with_a_message", "exit_regularly", "interrupt")
_EVENT = ("parcel_shipped", "None", "None")

_numbers = count(1)

Found = list[tuple[str, str, str]]


class Host:
    """The server of one flavour, started again when a view has ended it, and its inspector."""

    def __init__(self, flavour: str, inspector: RunningInspector, env: dict[str, str], folder: Path) -> None:
        self.flavour = flavour
        self.inspector = inspector
        self.logs: list[str] = []
        self._env = env
        self._folder = folder
        self._started = ExitStack()
        self._server: Server | None = None

    def ask(self, path: str, trace_id: str) -> None:
        if self._server is None or not self._server.is_running():
            self.stop()
            self._server = self._started.enter_context(
                serving(_SERVERS[self.flavour], self._env, self._folder)
            )
        with suppress(OSError, http.client.HTTPException):  # it may not answer
            self._server.get(path, traceparent(trace_id))

    def wait_if_ended(self, end: str) -> None:
        """Wait for the end of a server that a view ends."""
        server = self._server
        if server is not None and self.flavour == "ASGI" and end in _ENDS_SERVER:
            wait_for(lambda: not server.is_running())

    def arrived(self, trace_id: str) -> Found:
        return _of(self.inspector, trace_id)

    def stop(self) -> None:
        if self._server is not None:
            self.logs.append(self._server.log())
        self._started.close()


@pytest.fixture(scope="module", params=_SERVERS)
def host(
    request: pytest.FixtureRequest, database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Host]:
    with running_inspector() as inspector:
        env = environment(inspector.url, HOST_DATABASE=database, OTEL_BSP_SCHEDULE_DELAY="50")
        host = Host(request.param, inspector, env, tmp_path_factory.mktemp("host"))
        yield host
        host.stop()
        assert "Failed to detach context" not in "".join(host.logs)


def _of(inspector: RunningInspector, trace_id: str) -> Found:
    """Return the events of a trace, with the type of an error and the view."""
    found = [
        (one["event"], str(one["properties"].get("error_type")), str(one["properties"].get("view_name")))
        for one in inspector.good()
        if one["properties"]["$trace_id"] == trace_id and one["event"] != "host_failed"
    ]
    return sorted(found)


def _next_trace_id() -> str:
    return f"{next(_numbers):032x}"


def _expected(flavour: str, end: str, view: str) -> Found:
    kind = ENDINGS[end].error_from(flavour)
    return [*([("$exception", kind, view)] if kind else []), _EVENT]


def test_each_way_to_end_is_covered() -> None:
    assert ENDINGS.keys() == ENDS.keys()


@pytest.mark.parametrize("view", ["end", "end_async"])
@pytest.mark.parametrize("end", ENDS)
def test_a_request_that_is_broken_off_leaves_its_event_its_error_and_a_clean_thread(
    end: str, view: str, host: Host
) -> None:
    ended, following = _next_trace_id(), _next_trace_id()
    host.ask(f"/{view}/?by={end}", ended)
    expected = _expected(host.flavour, end, view)
    wait_for(lambda: len(host.arrived(ended)) >= len(expected))
    host.wait_if_ended(end)
    host.ask("/raise_plainly/", following)
    wait_for(lambda: len(host.arrived(following)) >= 2)
    assert host.arrived(following) == [("$exception", "ValueError", "raise_plainly"), _EVENT]
    assert host.arrived(ended) == expected


def test_an_exit_inside_a_span_of_the_developer_ends_the_request(host: Host) -> None:
    ended = _next_trace_id()
    host.ask("/end_in_inner_span/", ended)
    wait_for(lambda: len(host.arrived(ended)) >= 2)
    host.wait_if_ended("exit")
    assert host.arrived(ended) == [("$exception", "SystemExit", "end_in_inner_span"), _EVENT]


def test_a_view_that_exceeds_the_time_of_its_worker_is_an_error(
    inspector: RunningInspector, database: str, tmp_path: Path
) -> None:
    env = environment(inspector.url, HOST_DATABASE=database)
    ended = _next_trace_id()
    with serving(gunicorn("--timeout", "1"), env, tmp_path) as server:
        with suppress(OSError, http.client.HTTPException):
            server.get("/ship_and_wait/?seconds=20", traceparent(ended))
        wait_for(lambda: len(_of(inspector, ended)) >= 2)
    assert _of(inspector, ended) == [("$exception", "SystemExit", "ship_and_wait"), _EVENT]
