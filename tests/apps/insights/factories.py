"""Factories for figures, and for pull requests that result in such figures."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from apps.metrics.figures.figures import Figures
from apps.metrics.models import PullRequest, PullRequestState, Repository
from apps.teams.models import Team

__all__ = ["opened", "some_figures", "some_repository"]

_numbers = count(1)


def some_figures(
    *,
    opened: int = 0,
    merged: int = 0,
    reviewed: int = 0,
    ai_share: float | None = None,
    cycle_hours: float | None = None,
    review_hours: float | None = None,
    size: float | None = None,
) -> Figures:
    return Figures(
        opened=opened,
        merged=merged,
        reviewed=reviewed,
        ai_share=ai_share,
        cycle_hours=cycle_hours,
        review_hours=review_hours,
        size=size,
    )


def some_repository(team: Team, *, tracked: bool = True) -> Repository:
    number = next(_numbers)
    return Repository.objects.create(
        team=team, external_id=number, full_name=f"acme/repo-{number}", is_tracked=tracked
    )


def opened(
    repository: Repository,
    at: datetime,
    *,
    reviewed_after: float | None = None,
    merged_after: float | None = None,
    ai: bool = False,
    lines: int = 100,
    title: str = "Do it",
) -> PullRequest:
    """Save a pull request; `reviewed_after` and `merged_after` are in hours, None if it did not happen."""
    number = next(_numbers)

    def then(hours: float | None) -> datetime | None:
        return None if hours is None else at + timedelta(hours=hours)

    merged_at, first_review_at = then(merged_after), then(reviewed_after)
    return PullRequest.objects.create(
        team=repository.team,
        repository=repository,
        number=number,
        title=title,
        url=f"https://github.example/{repository.full_name}/pull/{number}",
        author="ada",
        state=PullRequestState.OPEN if merged_at is None else PullRequestState.MERGED,
        opened_at=at,
        first_review_at=first_review_at,
        merged_at=merged_at,
        closed_at=merged_at,
        changed_at=merged_at or first_review_at or at,
        additions=lines,
        is_ai_assisted=ai,
        ai_tool="Claude" if ai else "",
        cycle_hours=merged_after,
        review_hours=reviewed_after,
    )
