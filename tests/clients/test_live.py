"""Programs with the SDKs of Python and Node.js: what the bridge makes of the bytes that they send now."""

from __future__ import annotations

import shutil
import sys

import pytest

from tests.clients.conftest import Routes
from tests.clients.expected import ERRORS, errors_of
from tests.clients.requests import receiving, variables
from tests.lifecycle.servers import ROOT, run
from tests.services.needing import needs_collector

pytestmark = [pytest.mark.slow, needs_collector, pytest.mark.xdist_group("collector")]

_PROGRAMS = "tests/clients/programs"
_NODE = [
    str(shutil.which("node")),
    "--require",
    "@opentelemetry/auto-instrumentations-node/register",
    ROOT / _PROGRAMS / "express.cjs",
]


def _python(name: str) -> list[str]:
    return [sys.executable, "-m", f"tests.clients.programs.{name}"]


@pytest.mark.parametrize(
    ("command", "person_in_logs"),
    [
        pytest.param(_NODE, "anna", id="express"),
        pytest.param(_python("flask_shop"), None, id="flask"),
        pytest.param(_python("fastapi_shop"), None, id="fastapi"),
        pytest.param(_python("script"), None, id="script"),
    ],
)
def test_each_error_of_a_program_arrives_once(
    command: list[str], person_in_logs: str | None, routes: Routes
) -> None:
    with receiving() as receiver:
        ended = run(command, variables(receiver, OTEL_NODE_RESOURCE_DETECTORS="env"))
    assert ended.returncode == 0 or command is _NODE, ended.stderr
    captures = routes.captures(receiver.requests)
    expected = {one._replace(person=one.person or person_in_logs) for one in ERRORS}
    assert sorted(errors_of(captures)) == sorted(expected)
    (order,) = [one for one in captures if one["event"] == "order_placed"]
    assert order["properties"]["items"] == 3
