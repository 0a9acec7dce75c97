"""The pull requests that a page's figures are made of, read once and light."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Literal, NamedTuple, get_args

from django.db.models import F, Q, TextField
from django.db.models.functions import Cast

from apps.metrics.models import PullRequest
from apps.teams.models import Team

__all__ = ["Moment", "Pull", "Span", "by_span", "pulls"]

Moment = Literal["opened_at", "first_review_at", "merged_at"]

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """Be a time from a start, which belongs to it, to an end, which does not.

    Args:
        start: None for the beginning of everything.
        end: the first moment after it.
    """

    start: datetime | None
    end: datetime

    @property
    def before(self) -> Span | None:
        """The span as long as this one that ends where it begins; None if this one begins with everything."""
        if self.start is None:
            return None
        return Span(self.start - (self.end - self.start), self.start)


class Pull(NamedTuple):
    """Hold what figures need to know of a pull request; the names are the model's."""

    pk: int
    repository_id: int
    opened_at: datetime
    merged_at: datetime | None
    first_review_at: datetime | None
    state: str
    author: str
    ai_tool: str
    is_ai_assisted: bool
    cycle_hours: float | None
    review_hours: float | None
    size: int


# Moments as text: what Django and the driver make of three in each row is half of a page's time.
_FIELDS = tuple(
    Cast(name, TextField()) if name in get_args(Moment) else F(name) for name in Pull._fields[:-1]
)


def pulls(team: Team, span: Span, repositories: Collection[int] = ()) -> list[Pull]:
    """Read the pull requests to which something happened in a span, in one query.

    Args:
        team: whose.
        span: in which they were opened, first reviewed or merged.
        repositories: only of these; of all if there are none.
    """
    found = PullRequest.objects.filter(team=team)
    if repositories:
        found = found.filter(repository__in=repositories)
    within = Q()
    for moment in get_args(Moment):
        one = Q((f"{moment}__lt", span.end))
        within |= one if span.start is None else one & Q((f"{moment}__gte", span.start))
    size = F("additions") + F("deletions")
    return [_pull(*row) for row in found.filter(within).values_list(*_FIELDS, size)]


def _pull(
    pk: int,
    repository_id: int,
    opened_at: str,
    merged_at: str | None,
    first_review_at: str | None,
    *others: Any,
) -> Pull:
    return Pull(
        pk,
        repository_id,
        _moment(opened_at),
        _moment(merged_at) if merged_at else None,
        _moment(first_review_at) if first_review_at else None,
        *others,
    )


def _moment(text: str) -> datetime:
    """Read a moment in UTC: so PostgreSQL writes it for Django, with an offset, and SQLite without."""
    return datetime.fromisoformat(text if "+" in text else text + "+00:00")


def by_span(known: Iterable[Pull], moment: Moment, spans: Sequence[Span]) -> list[list[Pull]]:
    """Part pull requests by the span in which something happened to them, in one pass.

    Args:
        known: to be parted; those to which it happened in none of the spans are left out.
        moment: the name of what happened.
        spans: in order, without overlap.
    """
    starts = [span.start or _BEGINNING for span in spans]
    ends = [span.end for span in spans]
    parts: list[list[Pull]] = [[] for _ in spans]
    when_of: Callable[[Pull], datetime | None] = attrgetter(moment)
    for pull in known:
        when = when_of(pull)
        if when is not None:
            at = bisect_right(starts, when) - 1
            if at >= 0 and when < ends[at]:
                parts[at].append(pull)
    return parts
