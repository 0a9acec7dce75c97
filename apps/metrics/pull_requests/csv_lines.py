"""Formatting of pull requests as CSV lines that are safe to open in a spreadsheet.

A spreadsheet treats a cell that begins with certain characters as a formula, and anybody can write titles and
names. Such a text is prefixed with an apostrophe, which marks it as text:
https://owasp.org/www-community/attacks/CSV_Injection. Numbers are computed here and never negative; they are
not prefixed.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from typing import Any

__all__ = ["BOM", "FIELDS", "HEADINGS", "line", "safe"]

# Without a byte order mark, Excel decodes UTF-8 as its own code page.
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

# OWASP's list; the full-width characters start formulas in East Asian locales.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - meant


class _Echo:
    """A file object for `csv.writer` that returns each line."""

    def write(self, text: str) -> str:
        """Return the line.

        Args:
            text: the line, including its line break.
        """
        return text


_writer = csv.writer(_Echo())


def line(values: Sequence[Any]) -> str:
    """Return a line of CSV.

    Args:
        values: the values of the cells.
    """
    written: Any = _writer.writerow([_cell(value) for value in values])
    return str(written)


def safe(text: str) -> str:
    """Return a text that a spreadsheet does not treat as a formula.

    Args:
        text: the untrusted text.
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
