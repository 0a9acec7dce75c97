"""Splitting a span of time into days, weeks and months, in UTC like the rest of the product."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apps.metrics.figures.pulls import Pull, Span

__all__ = ["Piece", "months", "steps"]

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
# A span of up to two weeks is split into days: two or three weekly bars would show too little.
_IN_DAYS = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Piece:
    """A day, week or month of a span.

    Args:
        begin: the start of the complete day, week or month.
        span: the part of the day, week or month that lies in the whole span.
        is_whole: whether the span contains the complete day, week or month.
    """

    begin: datetime
    span: Span
    is_whole: bool


def steps(span: Span, known: Iterable[Pull]) -> list[Piece]:
    """Split a span into ISO weeks, or into days if it is short; weeks without events are included.

    Args:
        span: the span to split.
        known: pull requests; a span without a start begins when the first of them was opened.
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
    """Split a span into calendar months.

    Args:
        span: the span to split.
        known: pull requests; a span without a start begins when the first of them was opened.
    """
    start = _start(span, known)
    if start is None:
        return []
    first = start.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    # The first of a month plus 32 days is in the following month: a month has at most 31 days, two have 59.
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
