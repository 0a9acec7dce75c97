"""The performance page matches the measured figures."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from benchmarks._goals import GOALS
from benchmarks._page import page, rows_of
from benchmarks._picture import picture

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
        "the Collector, CPU a span (traces and events)"
    ),
    (
        "operations",
        r"about ([\d,]+) bytes an event on disk",
    ): "an event that waits in the Collector's queue, on disk",
    ("operations", r"about ([\d,]+) spans/s a core"): (
        "the Collector (traces and events): a whole core, to the published figure"
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


def _page() -> str:
    return page(_document(), (ROOT / "benchmarks" / "notes.md").read_text())


def test_the_page_shows_the_measured_figures() -> None:
    assert (ROOT / "docs" / "performance.md").read_text() == _page()
    assert [what for what in rows_of(_document()) if f"| {what} |" not in _page()] == []


def test_the_picture_shows_the_measured_figures() -> None:
    drawn = picture(rows_of(_document()))
    assert (ROOT / "docs" / "images" / "performance-growth.svg").read_text() == drawn
    assert ET.fromstring(drawn).tag.endswith("svg")


def test_each_goal_has_one_row_and_is_listed_in_order() -> None:
    listed = _page().partition("## Numbers to reach")[2].partition("##")[0]
    assert re.findall(r"^\| (.+?) \|", listed, re.MULTILINE)[1:] == list(GOALS)
    rows = rows_of(_document())
    assert [what for what in GOALS if rows[what]["wanted"] != GOALS[what].text] == []


def test_what_was_written_by_hand_stays() -> None:
    notes = "## By hand\n\nThe rest is spent on a thing."
    assert notes in page(_document(), notes)


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
    rows = rows_of(_document())
    text = re.sub(r"\s+", " ", (ROOT / "docs" / f"{place}.md").read_text())
    (told,) = re.findall(words, text)
    # The tolerance covers the difference between two runs on one machine.
    assert float(told.replace(",", "")) == pytest.approx(rows[what][key], rel=0.1)
