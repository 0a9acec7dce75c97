"""What has happened to one pull request, in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from apps.metrics.models import PullRequest, PullRequestState, Review

__all__ = ["Moment", "timeline"]

_VERBS = {
    "approved": "approved",
    "changes_requested": "requested changes",
    "commented": "commented",
    "dismissed": "gave a review that was dismissed",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """Be one thing that has happened.

    Args:
        at: when.
        text: what.
    """

    at: datetime
    text: str


def timeline(pull_request: PullRequest, reviews: Iterable[Review]) -> list[Moment]:
    """Return what has happened, the earliest first.

    Args:
        pull_request: to which.
        reviews: all of its.
    """
    moments = [Moment(pull_request.opened_at, f"{pull_request.author} opened it")]
    moments += [
        Moment(one.submitted_at, f"{one.reviewer} {_VERBS.get(one.state, 'reviewed')}") for one in reviews
    ]
    if pull_request.merged_at:
        moments.append(Moment(pull_request.merged_at, "It was merged"))
    elif pull_request.closed_at and pull_request.state == PullRequestState.CLOSED:
        moments.append(Moment(pull_request.closed_at, "It was closed without merging"))
    return sorted(moments, key=lambda moment: moment.at)
