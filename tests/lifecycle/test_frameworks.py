"""FastAPI, Starlette and Flask under opentelemetry-instrument, without code of ours in the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from otel.inspector.running import running_inspector
from tests.lifecycle.frameworks import FRAMEWORKS, ROWS, Row
from tests.lifecycle.servers import BIN, Answer, environment, gunicorn, serving, traceparent, wait_for

# On one worker: the tests of a framework share its server.
pytestmark = pytest.mark.xdist_group("frameworks")

_PROGRAM = "tests.lifecycle.programs.frameworks"
_UVICORN = (BIN / "uvicorn", "--host", "127.0.0.1", "--port", "0")
_COMMANDS: Mapping[str, Sequence[str | Path]] = {
    "FastAPI": [*_UVICORN, f"{_PROGRAM}:fastapi_app"],
    "Starlette": [*_UVICORN, f"{_PROGRAM}:starlette_app"],
    "Flask": gunicorn(application=f"{_PROGRAM}:flask_app"),
}
_NOWHERE = {f"OTEL_{signal}_EXPORTER": "none" for signal in ("TRACES", "METRICS", "LOGS")}

Captures = list[dict[str, Any]]
Outcome = tuple[dict[Row, Answer], Captures]


@pytest.fixture(scope="module", params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def outcome(framework: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """Request each page; return the answers and the captures."""
    with ExitStack() as stack:
        inspector = stack.enter_context(running_inspector())
        env = environment(
            inspector.url,
            POSTHOG_EVENTS="order_*",
            OTEL_TRACES_SAMPLER="always_off",
            OTEL_BSP_SCHEDULE_DELAY="50",
            **_NOWHERE,
        )
        del env["DJANGO_SETTINGS_MODULE"]
        command = [BIN / "opentelemetry-instrument", *_COMMANDS[framework]]
        server = stack.enter_context(serving(command, env, tmp_path_factory.mktemp(framework)))
        rows = [row for row in ROWS if framework in row.frameworks]
        answers = {row: server.get(f"/{row.page}", traceparent(_trace_id(row))) for row in rows}
        expected = sum(row.error_type is not None for row in rows)
        with suppress(AssertionError):  # the tests say which one is missing
            wait_for(lambda: len(inspector.good("$exception")) >= expected, timeout=10)
        server.stop()
        yield answers, inspector.good()


def _trace_id(row: Row) -> str:
    return f"{ROWS.index(row) + 1:032x}"


def _expected(row: Row) -> list[tuple[str | None, bool | None]]:
    return [(row.error_type, row.handled)] if row.error_type else []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_each_page_leaves_the_errors_of_the_table(row: Row, framework: str, outcome: Outcome) -> None:
    answers, captures = outcome
    if framework not in row.frameworks:
        assert row not in answers
        return
    answer = answers[row]
    assert f"{answer.status}{', broken off' if answer.is_broken else ''}" == row.status
    trace_id = _trace_id(row) if row.has_trace else None
    found = [one for one in captures if one["properties"].get("$trace_id") == trace_id]
    errors = [one["properties"] for one in found if one["event"] == "$exception"]
    assert [(one["error_type"], one.get("handled")) for one in errors] == _expected(row)
    for error in errors:
        (outermost, *_) = error["$exception_list"]
        assert outermost["type"] == row.error_type
        assert outermost["stacktrace"]["frames"][-1]["filename"]
    assert len([one for one in found if one["event"] == "order_placed"]) == row.events


def test_nothing_else_is_an_error(framework: str, outcome: Outcome) -> None:
    _, captures = outcome
    expected = sum(row.error_type is not None for row in ROWS if framework in row.frameworks)
    assert len([one for one in captures if one["event"] == "$exception"]) == expected
