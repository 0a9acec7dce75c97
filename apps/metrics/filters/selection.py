"""What somebody looks at: the filters that all pages share, and the list's own."""

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
    """Be what somebody looks at; by default what a newcomer does.

    Args:
        filters: that all pages share.
        listing: the list's own.
    """

    filters: Filters = DEFAULT
    listing: Listing = field(default_factory=Listing)

    @property
    def query(self) -> str:
        """What an address says to mean just this."""
        return urlencode([*self.filters.query, *self.listing.query])


def read_selection(
    said: QueryDict, *, available: Collection[int], today: date, before: Selection | None = None
) -> Selection:
    """Return what an address means.

    Args:
        said: by the address.
        available: the primary keys of the team's own repositories.
        today: the last day that a custom range can reach.
        before: what holds where the address says nothing.
    """
    before = before or Selection()
    filters = read_filters(said, available=available, today=today, before=before.filters)
    return Selection(filters, read_listing(said, before.listing))
