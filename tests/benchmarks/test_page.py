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
from benchmarks._quotes import QUOTES, Quote, with_figures

ROOT = Path(__file__).parents[2]


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


@pytest.mark.parametrize("name", sorted({quote.page for quote in QUOTES}))
def test_figures_on_another_page_are_the_measured_ones(name: str) -> None:
    text = (ROOT / "docs" / f"{name}.md").read_text()
    assert with_figures(name, text, rows_of(_document())) == text


def test_a_quoted_figure_has_two_or_three_digits() -> None:
    quote = Quote("page", "costs ([0-9.,]+) times", "a thing")
    for measured, told in ((1.66, "1.7"), (78.7, "79"), (158.85, "159"), (12_707.6, "12,700")):
        assert quote.figure({"a thing": {"ours": measured}}) == told
    assert quote.figure({}) is None
