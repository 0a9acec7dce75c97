"""Saving of pull requests that a sync has read; saving them again changes nothing."""

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
    """GitHub's data about a review.

    Args:
        external_id: GitHub's id of the review.
        reviewer: the reviewer's GitHub login.
        state: GitHub's name of the state, in upper or lower case.
        submitted_at: the time at which the review was submitted.
    """

    external_id: str
    reviewer: str
    state: str
    submitted_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PullRequestFacts:
    """GitHub's data about a pull request.

    Args:
        number: the number in its repository.
        title: the current title.
        url: the address of its page on GitHub.
        author: the author's GitHub login.
        branch: the name of its branch.
        body: the description.
        state: open, merged or closed.
        opened_at: the time at which it was opened.
        merged_at: the time at which it was merged; None if it was not.
        closed_at: the time at which it was merged or closed; None if it is open.
        changed_at: the time of its last change.
        additions: the number of added lines.
        deletions: the number of deleted lines.
        changed_files: the number of changed files.
        commit_messages: the messages of all its commits.
        reviews: all submitted reviews.
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
    """Save a page of pull requests with their reviews, in a few queries.

    Args:
        repository: the repository of the pull requests.
        facts: the pull requests; if paging returned one twice, the version that was changed last counts.

    Returns:
        The number of distinct pull requests.
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
        # Pages link to this address, and other schemes can run scripts.
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
    """Return the time of the first review by another person; neither bots nor the author count."""
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
    # The merge of an imported pull request can be older than its opening.
    return max(0.0, (end - start).total_seconds() / _SECONDS_PER_HOUR)


def _save_reviews(saved: Iterable[PullRequest], latest: dict[int, PullRequestFacts]) -> None:
    """Write the reviews that are new or have changed, and delete those that no longer exist."""
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
    """Return text that every database accepts: cut to the column's length, no NUL or lone surrogates."""
    clean = text.replace("\0", "").encode("utf-8", "replace").decode()
    return clean[: column.field.max_length]
