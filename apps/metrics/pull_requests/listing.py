"""The list's own filters and order, and how an address says them.

An address that names none of them leaves them as they were before; one that names any says all.
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

# Longer than any title or name, and short enough for every database's pattern.
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Column:
    """Be a column by which the list can be sorted.

    Args:
        label: for people.
        order: what it is sorted by.
        is_text: read from A to Z; the others from the largest, or latest, down.
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
# The newest first.
UNSORTED = "-opened"

AI_CHOICES = {"yes": "Assisted by AI", "no": "Not assisted by AI", **{tool: f"By {tool}" for tool in TOOLS}}


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """Be the list's own filters and order; an empty filter lets everything through.

    Args:
        state: what has become of a pull request.
        author: who opened it.
        reviewer: who reviewed it.
        ai: whether AI has helped, or which tool.
        size: one of `SIZES`.
        search: in the title, or the whole number or issue key.
        sort: a column, with a minus for the largest first.
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
        """The names of the filters in force."""
        return tuple(name for name in _FILTERS if getattr(self, name))

    @property
    def query(self) -> list[tuple[str, str]]:
        """What an address says to mean just these."""
        return [(name, getattr(self, name)) for name in (*self.names, "sort")]


_FILTERS = tuple(one.name for one in fields(Listing) if one.name != "sort")
_CHOICES = {
    "state": frozenset(PullRequestState.values),
    "ai": frozenset(AI_CHOICES),
    "size": frozenset(size.name for size in SIZES),
    "sort": frozenset(f"{sign}{name}" for name in COLUMNS for sign in ("", "-")),
}


def read_listing(said: QueryDict, before: Listing | None = None) -> Listing:
    """Return the filters and the order that an address means; what cannot be understood is not said.

    Args:
        said: by the address.
        before: what holds if the address names none of them.
    """
    if before is not None and not any(name in said for name in (*_FILTERS, "sort")):
        return before
    values = {name: _value(name, said.get(name, "")) for name in (*_FILTERS, "sort")}
    return Listing(**{name: value for name, value in values.items() if value})


def listed(pull_requests: QuerySet[PullRequest], listing: Listing) -> QuerySet[PullRequest]:
    """Filter and order pull requests; the order is the same each time.

    Args:
        pull_requests: the team's.
        listing: which of them, and how.
    """
    # Databases disagree about where nothing stands: here it is always last.
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
