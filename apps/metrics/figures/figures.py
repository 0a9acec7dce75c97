"""The figures of a team's delivery in a span of time.

Each counts by the moment at which it became known, so that a past week's figures do not change any more: a
pull request is opened, first reviewed and merged at three moments, maybe in three weeks.
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
    """Hold a team's figures; None stands for what nothing is known of.

    Args:
        opened: how many pull requests were opened.
        merged: how many were merged.
        reviewed: how many were first reviewed.
        ai_share: of those opened, the share that AI has helped with, 0 to 100.
        cycle_hours: of those merged, the median time from opening to merging.
        review_hours: of those first reviewed, the median time from opening to that review.
        size: of those opened, the median of lines added and deleted.
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
        team: whose.
        span: in which.
        repositories: the primary keys of those to look at; of all if there are none.
    """
    return figures_of(pulls(team, span, repositories), span)


def figures_of(known: Iterable[Pull], span: Span) -> Figures:
    """Make the figures from pull requests that were read already.

    Args:
        known: at least those to which something happened in the span.
        span: in which.
    """
    return figures_in(known, [span])[0]


def figures_in(known: Iterable[Pull], spans: Sequence[Span]) -> list[Figures]:
    """Make the figures of several spans at once, such as weeks.

    Args:
        known: at least the pull requests to which something happened in one of them.
        spans: in order, without overlap.
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
    """Return the median of what is known, None if nothing is.

    A median, since one pull request that waited for months would say more in a mean than fifty others.

    Args:
        values: None is passed over.
    """
    known = [value for value in values if value is not None]
    return float(median(known)) if known else None


def share(part: int, whole: int) -> float | None:
    """Return a part in percent, None of nothing.

    Args:
        part: of the whole.
        whole: all of it.
    """
    return 100 * part / whole if whole else None
