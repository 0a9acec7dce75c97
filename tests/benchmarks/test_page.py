"""The performance page matches the measured figures."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks._page import page

ROOT = Path(__file__).parents[2]

# Text with a figure on another page, and the row that contains the figure.
_REPEATED = {
    ("operations", r"bridge \| ([\d,]+) µs of CPU an event"): "CPU, one bridge to the export in the process",
    ("operations", r"about ([\d,]+) events/s flat out"): "one bridge: a whole core, to the published figure",
    (
        "operations",
        r"or ([\d,]+) million a day at 60 %",
    ): "what one bridge carries at 60% of a core, by its CPU an event",
    ("operations", r"Collector \| ([\d,]+) µs of CPU a span"): (
        "the Collector, 12 spans a request of which one is for PostHog: CPU"
    ),
    (
        "operations",
        r"about ([\d,]+) bytes an event on disk",
    ): "an event that waits in the Collector's queue, on disk",
    ("operations", r"about ([\d,]+) spans/s a core"): (
        "the Collector, 12 spans a request of which one is for PostHog: a whole core, to the published figure"
    ),
}
_RATIOS = {
    ("operations", r"a second one takes ([\d.]+) times as much"): "2 bridges to one",
    ("architecture", r"a record costs about ([\d.]+) times one with a span event"): (
        "a request's span and event, as a log record to a span event"
    ),
}


def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((ROOT / "benchmarks" / "results.json").read_text())
    return document


def test_the_page_shows_the_measured_figures() -> None:
    document = _document()
    assert (ROOT / "docs" / "performance.md").read_text() == page(document)
    assert all(row["what"] in page(document) for result in document["results"] for row in result["rows"])


@pytest.mark.parametrize(
    ("key", "place", "words", "what"),
    [
        *(("ours", *place, what) for place, what in _REPEATED.items()),
        *(("ratio", *place, what) for place, what in _RATIOS.items()),
    ],
)
def test_a_figure_on_another_page_matches_the_measured_one(
    key: str, place: str, words: str, what: str
) -> None:
    rows = {row["what"]: row for result in _document()["results"] for row in result["rows"]}
    text = re.sub(r"\s+", " ", (ROOT / "docs" / f"{place}.md").read_text())
    (told,) = re.findall(words, text)
    # The tolerance covers the difference between two runs on one machine.
    assert float(told.replace(",", "")) == pytest.approx(rows[what][key], rel=0.1)
