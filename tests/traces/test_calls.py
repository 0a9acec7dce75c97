from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.lifecycle.servers import BIN, environment, run
from tests.traces.sink import Sink, environ, shown

pytestmark = pytest.mark.slow

_PROGRAM: list[str | Path] = ["-m", "tests.traces.programs.calling"]
_COMMANDS: dict[str, list[str | Path]] = {
    "with code": [sys.executable],
    "without code": [BIN / "opentelemetry-instrument", sys.executable],
}
_CALL = "GET 127.0.0.1/orgs/{organisation}/repos"


@contextmanager
def _running_service() -> Iterator[tuple[str, list[Message]]]:
    """Run a service that responds to every request and stores the headers."""
    asked: list[Message] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Suppress the access log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def _call(sink: Sink, how: str, **more: str) -> list[Message]:
    sink.spans.clear()
    with _running_service() as (url, asked):
        # The environment contains a key, so that the pipeline installs itself in the program without code.
        env = environment("http://127.0.0.1:1") | environ(sink, **more)
        ended = run([*_COMMANDS[how], *_PROGRAM, url], env)
    assert ended.returncode == 0, ended.stderr
    return asked


@pytest.mark.parametrize("how", _COMMANDS)
def test_a_call_is_named_by_method_host_and_template_and_shows_nothing_else(sink: Sink, how: str) -> None:
    _call(sink, how)
    (root,) = sink.named("calling")
    assert sink.tree(root).splitlines() == ["internal calling", f"  client {_CALL}", "  client GET 127.0.0.1"]
    assert len(sink.named(_CALL)) == 3
    assert "swordfish" not in shown(sink.spans)
    assert "acme" not in shown(sink.spans)


def test_a_call_carries_its_traces_id_and_no_baggage(sink: Sink) -> None:
    asked = _call(sink, "with code")
    (root,) = sink.named("calling")
    assert {one["traceparent"].split("-")[1] for one in asked} == {root.trace_id.hex()}
    assert [one["baggage"] for one in asked] == [None] * 4


def test_baggage_is_propagated_on_request(sink: Sink) -> None:
    asked = _call(sink, "with code", OTEL_PROPAGATORS="tracecontext,baggage")
    assert {one["baggage"] for one in asked} == {"person=anna"}


def test_an_instrumentation_can_be_switched_off(sink: Sink) -> None:
    asked = _call(sink, "with code", OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="requests, urllib")
    assert len(sink.named(_CALL)) == 1
    assert len([one for one in asked if one["traceparent"]]) == 2
