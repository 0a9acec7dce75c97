"""Writing pull requests as lines of CSV that a spreadsheet opens without running anything in them.

A spreadsheet takes a cell that begins with one of a few characters for a formula, and titles and names are
written by anybody. Such a text gets an apostrophe in front, which spreadsheets take for "this is text":
https://owasp.org/www-community/attacks/CSV_Injection. Numbers are ours, never negative, and stay numbers.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from typing import Any

__all__ = ["BOM", "FIELDS", "HEADINGS", "line", "safe"]

# Without it Excel takes UTF-8 for its own code page.
BOM = "\ufeff"

_COLUMNS = {
    "Repository": "repository__full_name",
    "Number": "number",
    "Title": "title",
    "Author": "author",
    "State": "state",
    "Opened": "opened_at",
    "First review": "first_review_at",
    "Merged": "merged_at",
    "Closed": "closed_at",
    "Lines added": "additions",
    "Lines deleted": "deletions",
    "Files": "changed_files",
    "Assisted by AI": "is_ai_assisted",
    "AI tool": "ai_tool",
    "Hours to first review": "review_hours",
    "Hours to merge": "cycle_hours",
    "Issue": "issue_key",
    "Address": "url",
}
HEADINGS = tuple(_COLUMNS)
FIELDS = tuple(_COLUMNS.values())

# OWASP's list; the wide ones are formulas where the keyboard writes them.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - meant


class _Echo:
    """Hand back what the writer writes."""

    def write(self, text: str) -> str:
        """Return it.

        Args:
            text: a line.
        """
        return text


_writer = csv.writer(_Echo())


def line(values: Sequence[Any]) -> str:
    """Return one line.

    Args:
        values: of the cells.
    """
    written: Any = _writer.writerow([_cell(value) for value in values])
    return str(written)


def safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    Args:
        text: from anybody.
    """
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return round(value, 2)
    if isinstance(value, datetime):
        return value.isoformat()
    return safe(value) if isinstance(value, str) else value
