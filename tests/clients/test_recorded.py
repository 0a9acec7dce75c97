"""Programs with the SDKs of Java, Go and Rust: what the bridge makes of the bytes that they once sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.conftest import Routes
from tests.clients.expected import ERRORS, errors_of
from tests.clients.record import RECORDED
from tests.clients.requests import read
from tests.services.needing import needs_collector

pytestmark = [pytest.mark.slow, needs_collector, pytest.mark.xdist_group("collector")]

# Bytes, in the repository.
_LARGEST = 200_000

# The errors without a stack trace: Go's SDK records none with a panic, and Rust's records none at all.
_WITHOUT_FRAMES = {"java": set(), "go": {"plainly", "logged"}, "rust": {"inside", "plainly", "logged"}}


@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.json")), ids=lambda path: path.stem)
def test_each_error_of_a_program_arrives_once(path: Path, routes: Routes) -> None:
    language = path.stem.partition("-")[0]
    captures = routes.captures(read(path))
    expected = {
        one._replace(raised_in=None) if one.message in _WITHOUT_FRAMES[language] else one for one in ERRORS
    }
    assert sorted(errors_of(captures)) == sorted(expected)
    (order,) = [one for one in captures if one["event"] == "order_placed"]
    assert order["properties"]["items"] == 3


def test_every_language_is_recorded_in_small_files() -> None:
    files = list(RECORDED.glob("*.json"))
    assert {path.stem.partition("-")[0] for path in files} == _WITHOUT_FRAMES.keys()
    assert sum(path.stat().st_size for path in files) < _LARGEST
