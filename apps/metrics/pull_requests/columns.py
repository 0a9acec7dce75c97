"""The column headings of the list, which sort it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.http import urlencode

from apps.metrics.filters.selection import Selection
from apps.metrics.pull_requests.listing import COLUMNS

__all__ = ["Heading", "headings"]


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a column.

    Args:
        label: the column's name on the page.
        query: the query string that sorts by this column, or reverses the order if it already does.
        direction: the value of `aria-sort`; empty if the list is not sorted by this column.
    """

    label: str
    query: str
    direction: str


def headings(selection: Selection) -> list[Heading]:
    """Return the headings of the list.

    Args:
        selection: the current filters and sort order, which the headings' links keep.
    """
    return [_heading(name, selection) for name in COLUMNS]


def _heading(name: str, selection: Selection) -> Heading:
    column, sort = COLUMNS[name], selection.listing.sort
    direction = {name: "ascending", f"-{name}": "descending"}.get(sort, "")
    if direction:
        following = f"-{name}" if sort == name else name
    else:
        following = name if column.is_text else f"-{name}"
    listing = replace(selection.listing, sort=following)
    return Heading(column.label, urlencode([*selection.filters.query, *listing.query]), direction)
