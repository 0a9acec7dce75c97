"""A pull request's whole life, of which GitHub shows what has happened so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

__all__ = ["Commit", "PullRequest", "Review", "ReviewState", "Seen", "State"]

State = Literal["OPEN", "MERGED", "CLOSED"]
ReviewState = Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED"]


@dataclass(frozen=True, slots=True)
class Review:
    """Be one review.

    Args:
        id: GitHub's node id.
        author: a login; None for a deleted account.
        state: what was said.
        at: when.
    """

    id: str
    author: str | None
    state: ReviewState
    at: datetime


@dataclass(frozen=True, slots=True)
class Commit:
    """Be one commit.

    Args:
        message: with its trailers.
        at: when it was pushed.
    """

    message: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """Be a pull request from its opening to its end, some of which may still lie ahead.

    Args:
        number: within the repository.
        title: as people write it.
        body: its description.
        branch: what it comes from.
        author: a login; None for a deleted account.
        opened_at: when.
        ended_at: when it is merged or closed; None for never.
        is_merged: whether its end is a merge.
        additions: lines.
        deletions: lines.
        changed_files: files.
        reviews: in order.
        commits: in order.
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
        """Return what of it has happened.

        Args:
            now: until when.
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
    """Be a pull request as it is at a moment.

    Args:
        pull_request: of which this is seen.
        state: GitHub's word.
        ended_at: when it was merged or closed.
        updated_at: when something happened last.
        reviews: so far.
        commits: so far.
    """

    pull_request: PullRequest
    state: State
    ended_at: datetime | None
    updated_at: datetime
    reviews: list[Review]
    commits: list[Commit]

    @property
    def merged_at(self) -> datetime | None:
        """When it was merged."""
        return self.ended_at if self.state == "MERGED" else None
