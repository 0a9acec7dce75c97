"""Cutting a span of time into days, weeks and months; all in UTC, as the whole product counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apps.metrics.figures.pulls import Pull, Span

__all__ = ["Piece", "months", "steps"]

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
# Up to two weeks, two or three bars of a week would show nothing of what happened when.
_IN_DAYS = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Piece:
    """Be one day, week or month of a span.

    Args:
        begin: of the whole day, week or month.
        span: cut off where the whole begins and ends.
        is_whole: whether nothing of it is cut off.
    """

    begin: datetime
    span: Span
    is_whole: bool


def steps(span: Span, known: Iterable[Pull]) -> list[Piece]:
    """Cut a span into ISO weeks, or days if it is short; those in which nothing happened are there too.

    Args:
        span: the whole.
        known: where a span without start begins: with the first of these.
    """
    start = _start(span, known)
    if start is None:
        return []
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    if span.end - start <= _IN_DAYS:
        return list(_cut(start, span.end, midnight, lambda day: day + _DAY))
    monday = midnight - timedelta(days=midnight.weekday())
    return list(_cut(start, span.end, monday, lambda day: day + _WEEK))


def months(span: Span, known: Iterable[Pull]) -> list[Piece]:
    """Cut a span into calendar months.

    Args:
        span: the whole.
        known: where a span without start begins: with the first of these.
    """
    start = _start(span, known)
    if start is None:
        return []
    first = start.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    # No month is longer than 31 days, and no two are shorter than 32.
    return list(_cut(start, span.end, first, lambda day: (day + timedelta(days=32)).replace(day=1)))


def _start(span: Span, known: Iterable[Pull]) -> datetime | None:
    first = span.start or min((pull.opened_at for pull in known), default=None)
    return first.astimezone(UTC) if first and first < span.end else None


def _cut(
    start: datetime, end: datetime, begin: datetime, following: Callable[[datetime], datetime]
) -> Iterator[Piece]:
    while begin < end:
        after = following(begin)
        is_whole = start <= begin and after <= end
        yield Piece(begin, Span(max(begin, start), min(after, end)), is_whole)
        begin = after
