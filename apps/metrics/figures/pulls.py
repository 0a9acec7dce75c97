"""The pull requests behind a page's figures, read once and as tuples instead of models."""

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
    """A span of time that includes its start and excludes its end.

    Args:
        start: the first moment of the span; None for a span without a start.
        end: the first moment after the span.
    """

    start: datetime | None
    end: datetime

    @property
    def before(self) -> Span | None:
        """The span of the same length that ends where this one starts; None if this span has no start."""
        if self.start is None:
            return None
        return Span(self.start - (self.end - self.start), self.start)


class Pull(NamedTuple):
    """The fields of a pull request that figures need, named as in the model."""

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


# Read timestamps as text: converting three per row in Django and the driver takes half of a page's time.
_FIELDS = tuple(
    Cast(name, TextField()) if name in get_args(Moment) else F(name) for name in Pull._fields[:-1]
)


def pulls(team: Team, span: Span, repositories: Collection[int] = ()) -> list[Pull]:
    """Read the pull requests that were opened, first reviewed or merged in a span, in one query.

    Args:
        team: the team.
        span: the span of time.
        repositories: the primary keys of the repositories to include; empty means all.
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
    """Parse a timestamp in UTC: PostgreSQL writes it with an offset, SQLite without."""
    return datetime.fromisoformat(text if "+" in text else text + "+00:00")


def by_span(known: Iterable[Pull], moment: Moment, spans: Sequence[Span]) -> list[list[Pull]]:
    """Group pull requests by the span in which they were opened, reviewed or merged, in one pass.

    Args:
        known: the pull requests; those whose timestamp is outside of all spans are left out.
        moment: the timestamp field to group by.
        spans: the spans, in order and without overlap.

    Returns:
        A list of pull requests for each span.
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
