"""The selection of a metrics page: the filters that all pages share, and those of the list."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from django.http import QueryDict
from django.utils.http import urlencode

from apps.metrics.filters.query import DEFAULT, Filters, read_filters
from apps.metrics.pull_requests.listing import Listing, read_listing

__all__ = ["Selection", "read_selection"]


@dataclass(frozen=True, slots=True)
class Selection:
    """The filters and the sort order of a page; the defaults are those of a first visit.

    Args:
        filters: the filters that all pages share.
        listing: the filters and the sort order of the pull request list.
    """

    filters: Filters = DEFAULT
    listing: Listing = field(default_factory=Listing)

    @property
    def query(self) -> str:
        """The query string that selects exactly this."""
        return urlencode([*self.filters.query, *self.listing.query])


def read_selection(
    params: QueryDict, *, available: Collection[int], today: date, before: Selection | None = None
) -> Selection:
    """Return the selection that a query string means.

    Args:
        params: the query string's parameters.
        available: the primary keys of the team's own repositories; others are ignored.
        today: the last day that a custom range can include.
        before: the selection to use for missing parameters.
    """
    before = before or Selection()
    filters = read_filters(params, available=available, today=today, before=before.filters)
    return Selection(filters, read_listing(params, before.listing))
