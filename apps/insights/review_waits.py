"""The pull requests that nobody has looked at for too long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Window

from apps.metrics.models import PullRequest, PullRequestState
from apps.teams.models import Team

__all__ = ["PATIENCE", "Waiting", "waiting"]

# Who opened it has turned to something else by then, and has to find the way back for each comment.
PATIENCE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Say how many wait, and which of them the longest.

    Args:
        total: how many there are.
        longest: those that have waited longest, as many as were asked for.
    """

    total: int
    longest: Sequence[PullRequest]


def waiting(team: Team, now: datetime, *, at_most: int) -> Waiting:
    """Return the open pull requests that have waited for a first review beyond patience, in one query.

    Args:
        team: whose; of repositories that are no longer synced nobody knows what has become of theirs.
        now: the present.
        at_most: how many to name.
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
