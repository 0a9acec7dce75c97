"""The timeline of a pull request."""

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
    """An entry of the timeline.

    Args:
        at: the time at which it happened.
        text: a sentence that describes it.
    """

    at: datetime
    text: str


def timeline(pull_request: PullRequest, reviews: Iterable[Review]) -> list[Moment]:
    """Return the timeline of a pull request, the earliest entry first.

    Args:
        pull_request: the pull request.
        reviews: all reviews of the pull request.
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
