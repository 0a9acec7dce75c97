"""A pull request's whole life; GitHub shows the part that has happened so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

__all__ = ["Commit", "PullRequest", "Review", "ReviewState", "Seen", "State"]

State = Literal["OPEN", "MERGED", "CLOSED"]
ReviewState = Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED"]


@dataclass(frozen=True, slots=True)
class Review:
    """A review.

    Args:
        id: GitHub's node id.
        author: the reviewer's login; None for a deleted account.
        state: the review's verdict.
        at: the time of the review.
    """

    id: str
    author: str | None
    state: ReviewState
    at: datetime


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit.

    Args:
        message: the message, including trailers.
        at: the time of the push.
    """

    message: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull request from its opening to its end, including the part that is still in the future.

    Args:
        number: the number in the repository.
        title: the title.
        body: the description.
        branch: the name of the head branch.
        author: the author's login; None for a deleted account.
        opened_at: the time of the opening.
        ended_at: the time at which it is merged or closed; None for never.
        is_merged: whether it ends with a merge.
        additions: the number of added lines.
        deletions: the number of deleted lines.
        changed_files: the number of changed files.
        reviews: the reviews in order of time.
        commits: the commits in order of time.
    """

    number: int
    title: str
    body: str
    branch: str
    author: str | None
    opened_at: datetime
    ended_at: datetime | None
    is_merged: bool
    additions: int
    deletions: int
    changed_files: int
    reviews: tuple[Review, ...]
    commits: tuple[Commit, ...]

    def seen_at(self, now: datetime) -> Seen:
        """Return the part that has happened until a time.

        Args:
            now: the time.
        """
        reviews = [review for review in self.reviews if review.at <= now]
        commits = [commit for commit in self.commits if commit.at <= now]
        ended_at = self.ended_at if self.ended_at is not None and self.ended_at <= now else None
        moments = [self.opened_at, *(one.at for one in reviews), *(one.at for one in commits)]
        state: State = "OPEN" if ended_at is None else "MERGED" if self.is_merged else "CLOSED"
        if ended_at is not None:
            moments.append(ended_at)
        return Seen(self, state, ended_at, max(moments), reviews, commits)


@dataclass(frozen=True, slots=True)
class Seen:
    """A pull request as it is at a certain time.

    Args:
        pull_request: the pull request with its future.
        state: GitHub's state.
        ended_at: the time at which it was merged or closed; None while it is open.
        updated_at: the time of the last change.
        reviews: the reviews so far.
        commits: the commits so far.
    """

    pull_request: PullRequest
    state: State
    ended_at: datetime | None
    updated_at: datetime
    reviews: list[Review]
    commits: list[Commit]

    @property
    def merged_at(self) -> datetime | None:
        """The time of the merge; None if it is not merged."""
        return self.ended_at if self.state == "MERGED" else None
