"""The headings of the list, by which it is sorted."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.http import urlencode

from apps.metrics.filters.selection import Selection
from apps.metrics.pull_requests.listing import COLUMNS

__all__ = ["Heading", "headings"]


@dataclass(frozen=True, slots=True)
class Heading:
    """Be a column's heading.

    Args:
        label: for people.
        query: what an address says to sort by it, the other way round if it is sorted by it already.
        direction: `aria-sort`'s value, empty if it is not sorted by it.
    """

    label: str
    query: str
    direction: str


def headings(selection: Selection) -> list[Heading]:
    """Return the headings of the list.

    Args:
        selection: what it shows, and how it is sorted.
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
