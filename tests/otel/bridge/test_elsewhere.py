"""The table in docs/errors-elsewhere.md is what the bridge does."""

from __future__ import annotations

import pytest

from otel.inspector.running import RunningInspector
from tests.otel.bridge.elsewhere import CASES, DOCUMENT, Case, render
from tests.otel.bridge.traces import Trace, errors

_HANDLED = {"unhandled": False, "unknown": None}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_a_case_is_as_the_document_says(
    case: Case, trace: str, inspector: RunningInspector, bridge: str
) -> None:
    case.send(Trace(trace, case.language), bridge)
    found = [one["properties"].get("handled") for one in errors(inspector)]
    assert found == ([] if case.error is None else [_HANDLED[case.error]])


def test_the_document_is_made_from_the_table() -> None:
    assert DOCUMENT.read_text() == render(), "run `python -m tests.otel.bridge.elsewhere`"
