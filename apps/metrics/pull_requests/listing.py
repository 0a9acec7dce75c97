"""The filters and sort order of the pull request list, and their query parameters.

A query string without any of these parameters keeps the earlier values; one with any of them replaces all.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import Expression, OrderBy
from django.db.models.functions import Lower
from django.http import QueryDict

from apps.metrics.ingest.ai import TOOLS
from apps.metrics.models import PullRequest, PullRequestState, Review
from apps.metrics.sizes import SIZES

__all__ = ["AI_CHOICES", "COLUMNS", "UNSORTED", "Column", "Listing", "listed", "read_listing"]

# Longer than any title or name, and short enough for a LIKE pattern in every database.
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Column:
    """A column by which the list can be sorted.

    Args:
        label: the column's name on the page.
        order: the expression to sort by.
        is_text: whether the first click sorts from A to Z; other columns begin with the largest or latest.
    """

    label: str
    order: Expression | F
    is_text: bool = False


COLUMNS = {
    "title": Column("Pull request", Lower("title"), is_text=True),
    "repository": Column("Repository", Lower("repository__full_name"), is_text=True),
    "author": Column("Author", Lower("author"), is_text=True),
    "state": Column("State", F("state"), is_text=True),
    "opened": Column("Opened", F("opened_at")),
    "size": Column("Lines", F("lines")),
    "review": Column("Wait for the first review", F("review_hours")),
    "cycle": Column("Time to merge", F("cycle_hours")),
}
# The default order: the newest first.
UNSORTED = "-opened"

AI_CHOICES = {"yes": "Assisted by AI", "no": "Not assisted by AI", **{tool: f"By {tool}" for tool in TOOLS}}


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """The filters and sort order of the list; an empty filter matches everything.

    Args:
        state: a value of `PullRequestState`.
        author: the author's GitHub login.
        reviewer: a reviewer's GitHub login.
        ai: a key of `AI_CHOICES`: whether AI has helped, or which tool.
        size: the name of one of `SIZES`.
        search: a part of the title, or a complete number or issue key.
        sort: a key of `COLUMNS`, with a leading minus for descending order.
    """

    state: str = ""
    author: str = ""
    reviewer: str = ""
    ai: str = ""
    size: str = ""
    search: str = ""
    sort: str = UNSORTED

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the active filters."""
        return tuple(name for name in _FILTERS if getattr(self, name))

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query parameters that select exactly these filters and this order."""
        return [(name, getattr(self, name)) for name in (*self.names, "sort")]


_FILTERS = tuple(one.name for one in fields(Listing) if one.name != "sort")
_CHOICES = {
    "state": frozenset(PullRequestState.values),
    "ai": frozenset(AI_CHOICES),
    "size": frozenset(size.name for size in SIZES),
    "sort": frozenset(f"{sign}{name}" for name in COLUMNS for sign in ("", "-")),
}


def read_listing(params: QueryDict, before: Listing | None = None) -> Listing:
    """Return the filters and order that a query string selects; invalid values are ignored.

    Args:
        params: the query string's parameters.
        before: the filters and order to keep if the query string has none of the parameters.
    """
    if before is not None and not any(name in params for name in (*_FILTERS, "sort")):
        return before
    values = {name: _value(name, params.get(name, "")) for name in (*_FILTERS, "sort")}
    return Listing(**{name: value for name, value in values.items() if value})


def listed(pull_requests: QuerySet[PullRequest], listing: Listing) -> QuerySet[PullRequest]:
    """Filter and sort pull requests, in a deterministic order.

    Args:
        pull_requests: the pull requests of a team.
        listing: the filters and order to apply.
    """
    # Databases disagree about the position of NULL: here it is always last.
    order = OrderBy(
        COLUMNS[listing.sort.removeprefix("-")].order,
        descending=listing.sort.startswith("-"),
        nulls_last=True,
    )
    return (
        pull_requests.annotate(lines=F("additions") + F("deletions"))
        .filter(_wanted(listing))
        .order_by(order, "-opened_at", "-pk")
    )


def _wanted(listing: Listing) -> Q:
    wanted = Q()
    if listing.state:
        wanted &= Q(state=listing.state)
    if listing.author:
        wanted &= Q(author__iexact=listing.author)
    if listing.reviewer:
        given = Review.objects.filter(pull_request=OuterRef("pk"), reviewer__iexact=listing.reviewer)
        wanted &= Q(Exists(given))
    if listing.ai in ("yes", "no"):
        wanted &= Q(is_ai_assisted=listing.ai == "yes")
    elif listing.ai:
        wanted &= Q(ai_tool=listing.ai)
    size = next((one for one in SIZES if one.name == listing.size), None)
    if size:
        wanted &= Q(lines__gte=size.least)
        if size.most is not None:
            wanted &= Q(lines__lte=size.most)
    return wanted & _found(listing.search)


def _found(search: str) -> Q:
    if not search:
        return Q()
    found = Q(title__icontains=search) | Q(issue_key__iexact=search)
    number = search.removeprefix("#")
    if number.isdecimal():
        found |= Q(number=int(number))
    return found


def _value(name: str, text: str) -> str:
    value = text.replace("\0", "").strip()[:_LONGEST]
    return value if name not in _CHOICES or value in _CHOICES[name] else ""
