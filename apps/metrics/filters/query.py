"""The filters that all of the pages share, a range of time and repositories, and how an address says them.

An address that names a range says everything: no repository in it means all of them. One that names none, as
a link of the header, leaves what it does not name as it was before. What cannot be understood is not said.
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

# GitHub's first year: nothing that anybody could ask for is older.
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
    """Be a range of time as people choose it.

    Args:
        range: its name.
        first: of a custom one, the first day.
        last: of a custom one, the last day, which belongs to it.
    """

    range: DateRange
    first: date | None = None
    last: date | None = None

    def span(self, now: datetime) -> Span:
        """Return the span of time that is meant.

        Args:
            now: where the others end.
        """
        if self.first and self.last:
            return Span(_midnight(self.first), _midnight(self.last + timedelta(days=1)))
        days = _DAYS.get(self.range)
        return Span(now - timedelta(days=days) if days else None, now)

    @property
    def label(self) -> str:
        """What people call it."""
        if self.first and self.last:
            return f"{self.first:%-d %B %Y} to {self.last:%-d %B %Y}"
        return RANGES[self.range]


@dataclass(frozen=True, slots=True)
class Filters:
    """Be the filters in force.

    Args:
        period: the range of time.
        repositories: the primary keys of the chosen ones, in order; none means all.
    """

    period: Period
    repositories: tuple[int, ...] = ()

    @property
    def query(self) -> list[tuple[str, str]]:
        """What an address says to mean just these."""
        said = [("range", str(self.period.range))]
        if self.period.first and self.period.last:
            said += [("from", self.period.first.isoformat()), ("to", self.period.last.isoformat())]
        return said + [("repo", str(pk)) for pk in self.repositories]


DEFAULT = Filters(Period("30d"))


def read_filters(
    said: QueryDict, *, available: Collection[int], today: date, before: Filters = DEFAULT
) -> Filters:
    """Return the filters that an address means.

    Args:
        said: by the address.
        available: the primary keys of the team's own repositories; others are passed over.
        today: the last day that a custom range can reach.
        before: what holds where the address says nothing.
    """
    period = _period(said, today)
    repositories = _repositories(said.getlist("repo"), available)
    if period is None and "repo" not in said:
        repositories = tuple(pk for pk in before.repositories if pk in available)
    return Filters(period or before.period, repositories)


def _period(said: QueryDict, today: date) -> Period | None:
    name = said.get("range", "")
    if name in get_args(DateRange) and name != "custom":
        return Period(cast("DateRange", name))
    if name not in ("", "custom"):
        return None
    first, last = _day(said.get("from", ""), today), _day(said.get("to", ""), today)
    if first is None and last is None:
        return None
    first, last = sorted((first or _FIRST_DAY, last or today))
    return Period("custom", first, last)


def _day(text: str, today: date) -> date | None:
    try:
        return min(max(date.fromisoformat(text), _FIRST_DAY), today)
    except ValueError:
        return None


def _repositories(said: Sequence[str], available: Collection[int]) -> tuple[int, ...]:
    chosen = tuple(pk for pk in sorted(available) if str(pk) in said)
    return () if len(chosen) == len(available) else chosen


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
