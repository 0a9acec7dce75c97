"""The page of figures is made from the figures."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks._page import page

ROOT = Path(__file__).parents[2]


def test_the_page_says_what_was_measured() -> None:
    document = json.loads((ROOT / "benchmarks" / "results.json").read_text())
    assert (ROOT / "docs" / "performance.md").read_text() == page(document)
    assert all(row["what"] in page(document) for result in document["results"] for row in result["rows"])
