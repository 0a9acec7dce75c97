"""Factories for pull requests, which are saved in the same way as by a sync."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from apps.metrics.ingest.save import PullRequestFacts, ReviewFacts, save_pull_requests
from apps.metrics.models import PullRequest, PullRequestState, Repository

__all__ = ["facts", "pull_request", "review"]

_numbers = count(1)


def review(days_ago: float = 0, reviewer: str = "grace", state: str = "APPROVED") -> ReviewFacts:
    return ReviewFacts(
        external_id=f"R_{next(_numbers)}",
        reviewer=reviewer,
        state=state,
        submitted_at=timezone.now() - timedelta(days=days_ago),
    )


def facts(days_ago: float = 1, *, merged_days_ago: float | None = None, **changes: Any) -> PullRequestFacts:
    now = timezone.now()
    merged_at = None if merged_days_ago is None else now - timedelta(days=merged_days_ago)
    number = next(_numbers)
    plain = PullRequestFacts(
        number=number,
        title=f"Change {number}",
        url=f"https://github.example/acme/engine/pull/{number}",
        author="ada",
        branch="work",
        body="",
        state=PullRequestState.OPEN if merged_at is None else PullRequestState.MERGED,
        opened_at=now - timedelta(days=days_ago),
        merged_at=merged_at,
        closed_at=merged_at,
        changed_at=now,
        additions=20,
        deletions=5,
        changed_files=2,
        commit_messages=(),
        reviews=(),
    )
    return replace(plain, **changes)


def pull_request(
    repository: Repository, days_ago: float = 1, *, merged_days_ago: float | None = None, **changes: Any
) -> PullRequest:
    one = facts(days_ago, merged_days_ago=merged_days_ago, **changes)
    save_pull_requests(repository, [one])
    return PullRequest.objects.get(repository=repository, number=one.number)
