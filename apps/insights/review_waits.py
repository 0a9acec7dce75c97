"""Open pull requests that have waited too long for a first review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Window

from apps.metrics.models import PullRequest, PullRequestState
from apps.teams.models import Team

__all__ = ["PATIENCE", "Waiting", "waiting"]

# By then the author works on something else, and each review comment forces a switch back.
PATIENCE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The pull requests that wait for a first review.

    Args:
        total: the number of waiting pull requests.
        longest: those that have waited longest, up to the requested number.
    """

    total: int
    longest: Sequence[PullRequest]


def waiting(team: Team, now: datetime, *, at_most: int) -> Waiting:
    """Return the open pull requests that have waited longer than `PATIENCE`, in one query.

    Repositories that are no longer synced are left out: the state of their pull requests is unknown.

    Args:
        team: the team that the pull requests belong to.
        now: the current time.
        at_most: the maximum length of `longest`.
    """
    longest = list(
        PullRequest.objects.filter(
            team=team,
            repository__is_tracked=True,
            state=PullRequestState.OPEN,
            first_review_at=None,
            opened_at__lte=now - PATIENCE,
        )
        .select_related("repository")
        .annotate(total=Window(Count("pk")))
        .order_by("opened_at", "pk")[:at_most]
    )
    return Waiting(longest[0].total if longest else 0, longest)
