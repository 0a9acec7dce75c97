"""The filters that all metrics pages share, date range and repositories, and their query parameters.

A query string with a date range is complete: without a repository it means all repositories. A query string
without a date range, such as that of a link in the header, keeps the earlier value of each missing filter.
Invalid parameters are ignored.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import cast, get_args

from django.http import QueryDict

from apps.metrics.events import DateRange
from apps.metrics.figures.pulls import Span

__all__ = ["DEFAULT", "RANGES", "Filters", "Period", "read_filters"]

# GitHub launched in 2008: no pull request is older.
_FIRST_DAY = date(2008, 1, 1)

_DAYS = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}

RANGES: dict[DateRange, str] = {
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "90d": "Last 90 days",
    "365d": "Last 365 days",
    "all": "All time",
    "custom": "Custom",
}


@dataclass(frozen=True, slots=True)
class Period:
    """A date range as people select it.

    Args:
        range: the name of the range.
        first: the first day of a custom range.
        last: the last day of a custom range, inclusive.
    """

    range: DateRange
    first: date | None = None
    last: date | None = None

    def span(self, now: datetime) -> Span:
        """Return the span of time that the range covers.

        Args:
            now: the current time, at which all ranges but custom ones end.
        """
        if self.first and self.last:
            return Span(_midnight(self.first), _midnight(self.last + timedelta(days=1)))
        days = _DAYS.get(self.range)
        return Span(now - timedelta(days=days) if days else None, now)

    @property
    def label(self) -> str:
        """The range's name on pages."""
        if self.first and self.last:
            return f"{self.first:%-d %B %Y} to {self.last:%-d %B %Y}"
        return RANGES[self.range]


@dataclass(frozen=True, slots=True)
class Filters:
    """The active filters.

    Args:
        period: the date range.
        repositories: the primary keys of the selected repositories, in order; empty means all.
    """

    period: Period
    repositories: tuple[int, ...] = ()

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query parameters that select exactly these filters."""
        params = [("range", str(self.period.range))]
        if self.period.first and self.period.last:
            params += [("from", self.period.first.isoformat()), ("to", self.period.last.isoformat())]
        return params + [("repo", str(pk)) for pk in self.repositories]


DEFAULT = Filters(Period("30d"))


def read_filters(
    params: QueryDict, *, available: Collection[int], today: date, before: Filters = DEFAULT
) -> Filters:
    """Return the filters that a query string selects.

    Args:
        params: the query string's parameters.
        available: the primary keys of the team's own repositories; others are ignored.
        today: the last day that a custom range can include.
        before: the filters to use for missing parameters.
    """
    period = _period(params, today)
    repositories = _repositories(params.getlist("repo"), available)
    if period is None and "repo" not in params:
        repositories = tuple(pk for pk in before.repositories if pk in available)
    return Filters(period or before.period, repositories)


def _period(params: QueryDict, today: date) -> Period | None:
    name = params.get("range", "")
    if name in get_args(DateRange) and name != "custom":
        return Period(cast("DateRange", name))
    if name not in ("", "custom"):
        return None
    first, last = _day(params.get("from", ""), today), _day(params.get("to", ""), today)
    if first is None and last is None:
        return None
    first, last = sorted((first or _FIRST_DAY, last or today))
    return Period("custom", first, last)


def _day(text: str, today: date) -> date | None:
    try:
        return min(max(date.fromisoformat(text), _FIRST_DAY), today)
    except ValueError:
        return None


def _repositories(params: Sequence[str], available: Collection[int]) -> tuple[int, ...]:
    chosen = tuple(pk for pk in sorted(available) if str(pk) in params)
    return () if len(chosen) == len(available) else chosen


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
