"""A pytest plugin that runs the fastest files first, as measured by the first run: mutants end sooner."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

_MEASURED = Path("mutants.json")  # in the copy of the checkout
_seconds: defaultdict[str, float] = defaultdict(float)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Measure a part of a test."""
    _seconds[report.nodeid.partition("::")[0]] += report.duration


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests, those of one file together."""
    known = json.loads(_MEASURED.read_text()) if _MEASURED.exists() else {}
    items.sort(key=lambda item: known.get(item.nodeid.partition("::")[0], 0.0))


def pytest_sessionfinish() -> None:
    """Write the measurements, unless there are some."""
    if not _MEASURED.exists():
        _MEASURED.write_text(json.dumps(_seconds))
