"""The figures of a team's delivery in a span of time.

Each event counts at the time it happened, so that a past week's figures no longer change: a pull request is
opened, first reviewed and merged at three times, possibly in three different weeks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from apps.metrics.figures.pulls import Pull, Span, by_span, pulls
from apps.teams.models import Team

__all__ = ["FigureName", "Figures", "Span", "figures", "figures_in", "figures_of", "middle", "share"]

FigureName = Literal["opened", "merged", "ai_share", "cycle_hours", "review_hours", "size"]


@dataclass(frozen=True, slots=True)
class Figures:
    """A team's figures in a span of time; None means that a value is not known.

    Args:
        opened: the number of pull requests that were opened.
        merged: the number of pull requests that were merged.
        reviewed: the number of pull requests that got their first review.
        ai_share: the share of the opened pull requests that were assisted by AI, 0 to 100.
        cycle_hours: the median time from opening to merging of the merged pull requests.
        review_hours: the median time from opening to the first review of the reviewed pull requests.
        size: the median number of lines added and deleted in the opened pull requests.
    """

    opened: int
    merged: int
    reviewed: int
    ai_share: float | None
    cycle_hours: float | None
    review_hours: float | None
    size: float | None


def figures(team: Team, span: Span, repositories: Collection[int] = ()) -> Figures:
    """Read a team's figures, in one query.

    Args:
        team: the team.
        span: the span of time.
        repositories: the primary keys of the repositories to include; empty means all.
    """
    return figures_of(pulls(team, span, repositories), span)


def figures_of(known: Iterable[Pull], span: Span) -> Figures:
    """Compute the figures from pull requests that were already read.

    Args:
        known: pull requests, including all that were opened, reviewed or merged in the span.
        span: the span of time.
    """
    return figures_in(known, [span])[0]


def figures_in(known: Iterable[Pull], spans: Sequence[Span]) -> list[Figures]:
    """Compute the figures of several spans, such as weeks.

    Args:
        known: pull requests, including all that were opened, reviewed or merged in one of the spans.
        spans: the spans, in order and without overlap.
    """
    known = list(known)
    opened = by_span(known, "opened_at", spans)
    merged = by_span(known, "merged_at", spans)
    reviewed = by_span(known, "first_review_at", spans)
    return [_figures(*one) for one in zip(opened, merged, reviewed, strict=True)]


def _figures(opened: list[Pull], merged: list[Pull], reviewed: list[Pull]) -> Figures:
    return Figures(
        opened=len(opened),
        merged=len(merged),
        reviewed=len(reviewed),
        ai_share=share(sum(pull.is_ai_assisted for pull in opened), len(opened)),
        cycle_hours=middle(pull.cycle_hours for pull in merged),
        review_hours=middle(pull.review_hours for pull in reviewed),
        size=middle(pull.size for pull in opened),
    )


def middle(values: Iterable[float | None]) -> float | None:
    """Return the median of the known values, or None if there are no known values.

    The median is used because a single pull request that waited for months would dominate a mean.

    Args:
        values: the values; None is skipped.
    """
    known = [value for value in values if value is not None]
    return float(median(known)) if known else None


def share(part: int, whole: int) -> float | None:
    """Return a part as a percentage of the whole, or None if the whole is 0.

    Args:
        part: the number of items in the part.
        whole: the number of all items.
    """
    return 100 * part / whole if whole else None
