"""Saving what a sync has read of pull requests; saving it again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.metrics.bots import is_bot
from apps.metrics.ingest.ai import ai_tool
from apps.metrics.ingest.issue_keys import issue_key
from apps.metrics.models import PullRequest, PullRequestState, Repository, Review

__all__ = ["PullRequestFacts", "ReviewFacts", "save_pull_requests"]

_SECONDS_PER_HOUR = 3600

_KEPT = ("repository", "number")
_CHANGING = (
    "title",
    "url",
    "author",
    "state",
    "opened_at",
    "first_review_at",
    "merged_at",
    "closed_at",
    "changed_at",
    "additions",
    "deletions",
    "changed_files",
    "ai_tool",
    "is_ai_assisted",
    "cycle_hours",
    "review_hours",
    "issue_key",
)
_REVIEW_CHANGING = ("reviewer", "state", "submitted_at")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewFacts:
    """Hold what GitHub says of a review.

    Args:
        external_id: GitHub's.
        reviewer: who gave it.
        state: GitHub's word, in whichever letters.
        submitted_at: when.
    """

    external_id: str
    reviewer: str
    state: str
    submitted_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PullRequestFacts:
    """Hold what GitHub says of a pull request.

    Args:
        number: in its repository.
        title: as it is now.
        url: where people find it.
        author: who opened it.
        branch: from which it comes.
        body: the description.
        state: what has become of it.
        opened_at: when it was opened.
        merged_at: when it was merged, if it was.
        closed_at: when it was merged or closed, if it was.
        changed_at: when anything of it changed last.
        additions: lines.
        deletions: lines.
        changed_files: how many.
        commit_messages: of all its commits.
        reviews: all that were submitted.
    """

    number: int
    title: str
    url: str
    author: str
    branch: str
    body: str
    state: PullRequestState
    opened_at: datetime
    merged_at: datetime | None
    closed_at: datetime | None
    changed_at: datetime
    additions: int
    deletions: int
    changed_files: int
    commit_messages: tuple[str, ...]
    reviews: tuple[ReviewFacts, ...]


@transaction.atomic
def save_pull_requests(repository: Repository, facts: Sequence[PullRequestFacts]) -> int:
    """Save pull requests with their reviews, in a few queries a page of them.

    Args:
        repository: whose they are.
        facts: of each pull request; of one that is there twice, as when paging meets it again, the one
            changed last counts.

    Returns:
        How many there were, each counted once.
    """
    latest = {one.number: one for one in sorted(facts, key=lambda one: one.changed_at)}
    if not latest:
        return 0
    saved = PullRequest.objects.bulk_create(
        [_row(repository, one) for one in latest.values()],
        update_conflicts=True,
        unique_fields=_KEPT,
        update_fields=_CHANGING,
    )
    _save_reviews(saved, latest)
    return len(latest)


def _row(repository: Repository, facts: PullRequestFacts) -> PullRequest:
    tool = ai_tool(
        author=facts.author, branch=facts.branch, body=facts.body, commit_messages=facts.commit_messages
    )
    first_review_at = _first_review(facts)
    return PullRequest(
        team_id=repository.team_id,
        repository=repository,
        number=facts.number,
        title=_fitting(facts.title, PullRequest.title),
        # A page links to it, and other schemes can run scripts.
        url=_fitting(facts.url, PullRequest.url) if facts.url.startswith(("https://", "http://")) else "",
        author=_fitting(facts.author, PullRequest.author),
        state=facts.state,
        opened_at=facts.opened_at,
        first_review_at=first_review_at,
        merged_at=facts.merged_at,
        closed_at=facts.closed_at,
        changed_at=facts.changed_at,
        additions=facts.additions,
        deletions=facts.deletions,
        changed_files=facts.changed_files,
        ai_tool=tool,
        is_ai_assisted=bool(tool),
        cycle_hours=_hours(facts.opened_at, facts.merged_at),
        review_hours=_hours(facts.opened_at, first_review_at),
        issue_key=issue_key(facts.title, facts.branch),
    )


def _first_review(facts: PullRequestFacts) -> datetime | None:
    """Return when somebody else looked first; neither a bot's remarks nor an answer to them is a review."""
    author = facts.author.lower()
    by_others = (
        review.submitted_at
        for review in facts.reviews
        if review.reviewer.lower() != author and not is_bot(review.reviewer)
    )
    return min(by_others, default=None)


def _hours(start: datetime, end: datetime | None) -> float | None:
    if end is None:
        return None
    # Imported pull requests can be older than their opening.
    return max(0.0, (end - start).total_seconds() / _SECONDS_PER_HOUR)


def _save_reviews(saved: Iterable[PullRequest], latest: dict[int, PullRequestFacts]) -> None:
    """Make the reviews those of the facts: what is new or has changed is written, what is gone is deleted."""
    wanted = {
        (row.pk, one.external_id): Review(
            pull_request_id=row.pk,
            external_id=one.external_id,
            reviewer=_fitting(one.reviewer, Review.reviewer),
            state=_fitting(one.state.lower(), Review.state),
            submitted_at=one.submitted_at,
        )
        for row in saved
        for one in latest[row.number].reviews
    }
    known = {
        (one.pull_request_id, one.external_id): one
        for one in Review.objects.filter(pull_request__in=[row.pk for row in saved])
    }
    gone = [one.pk for key, one in known.items() if key not in wanted]
    if gone:
        Review.objects.filter(pk__in=gone).delete()
    written = [one for key, one in wanted.items() if key not in known or _differs(one, known[key])]
    Review.objects.bulk_create(
        written,
        update_conflicts=True,
        unique_fields=("pull_request", "external_id"),
        update_fields=_REVIEW_CHANGING,
    )


def _differs(one: Review, other: Review) -> bool:
    return any(getattr(one, name) != getattr(other, name) for name in _REVIEW_CHANGING)


def _fitting(text: str, column: Any) -> str:
    """Return text as every database takes it: as long as the column, without NUL and lone surrogates."""
    clean = text.replace("\0", "").encode("utf-8", "replace").decode()
    return clean[: column.field.max_length]
