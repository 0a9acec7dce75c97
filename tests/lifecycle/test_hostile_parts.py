from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from otel.inspector.running import RunningInspector
from tests.lifecycle.servers import Server, environment, gunicorn, serving, uvicorn

# Path, status, and a part of the body.
_REQUESTS = (
    ("/ship/", 200, b"shipped"),
    ("/ship_in_inner_span/", 200, b"shipped"),
    ("/raise_plainly/", 500, b"Server Error (500)"),
    ("/handle_and_report/", 200, b"handled"),
    ("/stream/", 200, b"firstlast"),
    ("/raise_404/", 404, b"Not Found"),
)

_SPANS = {
    "GET /ship/",
    "GET /ship_in_inner_span/",
    "packing",
    "GET /raise_plainly/",
    "GET /handle_and_report/",
    "error ValueError",
    "GET /stream/",
    "GET /raise_404/",
}

# A request takes a few milliseconds. A slow or hanging part takes a minute in these tests, so it always
# exceeds this bound, which is generous for a loaded machine.
_PROMPT = 10.0
_FOREVER = 60.0

_FLUSH = 2.0

_UNDER = {"WSGI": gunicorn(), "ASGI": uvicorn()}


@contextmanager
def _host(posthog: str, database: str, folder: Path, flavour: str = "WSGI", **more: str) -> Iterator[Server]:
    env = environment(
        posthog,
        HOST_DATABASE=database,
        HOST_SPANS=str(folder / "spans"),
        POSTHOG_FLUSH_TIMEOUT=str(_FLUSH),
        OTEL_BSP_SCHEDULE_DELAY="50",
        **more,
    )
    with serving(_UNDER[flavour], env, folder) as server:
        yield server


def _check_answers(server: Server, headers: dict[str, str] | None = None) -> None:
    for path, status, text in _REQUESTS:
        answer = server.get(path, headers, timeout=_FOREVER / 2)
        assert (answer.status, text in answer.body) == (status, True), path
        assert answer.seconds < _PROMPT


def _check_spans(folder: Path) -> None:
    """Assert that the span processor after ours received every span."""
    assert {line.partition("\t")[0] for line in (folder / "spans").read_text().splitlines()} >= _SPANS


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("selecting", "telemetry failed while selecting a span"),
        ("mapping", "telemetry failed while mapping parcel_shipped"),
        ("delivering", "telemetry failed while delivering to a sink"),
    ],
)
def test_a_part_that_raises_changes_no_response_and_starves_no_processor(
    fault: str, says: str, inspector: RunningInspector, database: str, tmp_path: Path
) -> None:
    with _host(inspector.url, database, tmp_path, HOST_FAULT=fault) as server:
        _check_answers(server)
        server.stop()
        assert says in server.log()
    _check_spans(tmp_path)
    assert "shut down" in (tmp_path / "spans").read_text()


@pytest.mark.parametrize("flavour", _UNDER)
def test_an_identify_hook_that_raises_changes_no_response_and_hides_no_error(
    flavour: str, inspector: RunningInspector, database: str, tmp_path: Path
) -> None:
    with _host(inspector.url, database, tmp_path, flavour) as server:
        signed_in = server.get("/sign_in/?as=fatal-zoe")
        assert (signed_in.status, signed_in.body) == (200, b"signed in")
        _check_answers(server, {"Cookie": signed_in.cookie})
        server.stop()
        assert "telemetry failed while identifying a request's user" in server.log()
    _check_spans(tmp_path)
    arrived = [(one["event"], one["properties"].get("view_name")) for one in inspector.good()]
    views = ("raise_plainly", "handle_and_report")
    assert sorted(arrived) == sorted(
        (event, view) for event in ("$exception", "host_failed") for view in views
    )
    assert not any("person-" in one["distinct_id"] for one in inspector.good())


@pytest.mark.parametrize("flavour", _UNDER)
@pytest.mark.parametrize(
    "failure",
    [
        {"delay": _FOREVER},
        {"drop": True},
        {"status": 503, "retry_after": _FOREVER},
        {"status": 400, "body": "no"},
        {"status": 200, "delay": 0.5},
    ],
    ids=["hangs", "hangs up", "is down", "refuses", "is slow"],
)
def test_a_failing_posthog_changes_no_response_and_delays_no_shutdown(
    failure: dict[str, Any], flavour: str, inspector: RunningInspector, database: str, tmp_path: Path
) -> None:
    inspector.fail(**failure, count=1_000_000)
    with _host(inspector.url, database, tmp_path, flavour) as server:
        _check_answers(server)
        assert server.stop() < _FLUSH + _PROMPT
        assert "telemetry failed" not in server.log()
    _check_spans(tmp_path)


def test_an_unreachable_posthog_changes_no_response_and_delays_no_shutdown(
    database: str, tmp_path: Path
) -> None:
    with _host("http://127.0.0.1:9", database, tmp_path) as server:
        _check_answers(server)
        assert server.stop() < _FLUSH + _PROMPT
    _check_spans(tmp_path)
