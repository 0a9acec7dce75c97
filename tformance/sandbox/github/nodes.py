"""Pull requests, reviews and commits in GitHub's GraphQL API."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from graphql import GraphQLResolveInfo

from tformance.sandbox.github._connection import connection
from tformance.sandbox.story.assistance import ASSISTANTS
from tformance.sandbox.story.authors import COPILOT, DEPENDABOT
from tformance.sandbox.story.people import RepositoryPlan
from tformance.sandbox.story.story import Commit, Review, Seen

__all__ = ["pull_request_node", "pull_requests_page", "stamp"]

T = TypeVar("T")

_BOTS = {DEPENDABOT, COPILOT} | {mark.author for _, mark in ASSISTANTS if mark.author}


def stamp(moment: datetime | None) -> str | None:
    """Return a time in GitHub's format.

    Args:
        moment: a time in UTC.
    """
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def pull_requests_page(
    origin: str,
    repository: RepositoryPlan,
    seen: Sequence[Seen],
    *,
    first: int | None = None,
    after: str | None = None,
    states: Sequence[str] | None = None,
    order_by: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return a page of a repository's pull requests.

    Args:
        origin: the sandbox's origin.
        repository: the repository.
        seen: all pull requests of the repository.
        first: the requested number of pull requests.
        after: the cursor after which the page begins.
        states: limits the page to pull requests in these states.
        order_by: field and direction; by default, ascending by creation.
    """
    order = order_by or {"field": "CREATED_AT", "direction": "ASC"}
    # The sandbox does not count comments, so it orders by creation if comments are asked for.
    by_update = order["field"] == "UPDATED_AT"
    is_falling = order["direction"] == "DESC"

    def key(one: Seen) -> tuple[str, int]:
        moment = one.updated_at if by_update else one.pull_request.opened_at
        return moment.isoformat(), one.pull_request.number

    rows = [one for one in seen if not states or one.state in states]
    return connection(
        "pullRequests",
        sorted(rows, key=key, reverse=is_falling),
        lambda one: pull_request_node(origin, repository, one),
        first,
        after,
        key=key,
        key_text=lambda one: "{}|{}".format(*key(one)),
        read_key=_read_moment_and_number,
        reverse=is_falling,
    )


def _read_moment_and_number(text: str) -> tuple[str, int]:
    moment, _, number = text.partition("|")
    datetime.fromisoformat(moment)
    return moment, int(number)


def pull_request_node(origin: str, repository: RepositoryPlan, seen: Seen) -> dict[str, Any]:
    """Return a pull request.

    Args:
        origin: the sandbox's origin.
        repository: the pull request's repository.
        seen: the pull request as it is now.
    """
    one = seen.pull_request

    def reviews(
        _: GraphQLResolveInfo[Any], first: int | None = None, after: str | None = None
    ) -> dict[str, Any]:
        return _numbered("reviews", seen.reviews, lambda row: _review(origin, row), first, after)

    def commits(
        _: GraphQLResolveInfo[Any], first: int | None = None, after: str | None = None
    ) -> dict[str, Any]:
        return _numbered("commits", seen.commits, _commit, first, after)

    return {
        "__typename": "PullRequest",
        "id": f"PR_{repository.id}-{one.number}",
        "number": one.number,
        "title": one.title,
        "url": f"{origin}/github/{repository.full_name}/pull/{one.number}",
        "body": one.body,
        "state": seen.state,
        "isDraft": False,
        "closed": seen.state != "OPEN",
        "merged": seen.state == "MERGED",
        "createdAt": stamp(one.opened_at),
        "updatedAt": stamp(seen.updated_at),
        "mergedAt": stamp(seen.merged_at),
        "closedAt": stamp(seen.ended_at),
        "additions": one.additions,
        "deletions": one.deletions,
        "changedFiles": one.changed_files,
        "headRefName": one.branch,
        "author": _actor(origin, one.author),
        "reviews": reviews,
        "commits": commits,
    }


def _numbered(
    name: str,
    rows: Sequence[T],
    node: Callable[[T], dict[str, Any]],
    first: int | None,
    after: str | None,
) -> dict[str, Any]:
    """Return a page of rows by position, for lists that only grow at their end."""
    return connection(
        name,
        list(enumerate(rows)),
        lambda row: node(row[1]),
        first,
        after,
        key=lambda row: row[0],
        key_text=lambda row: str(row[0]),
        read_key=int,
    )


def _actor(origin: str, login: str | None) -> dict[str, Any] | None:
    if login is None:
        return None
    kind = "Bot" if login in _BOTS else "User"
    return {"__typename": kind, "id": f"{kind[0]}_{login}", "login": login, "url": f"{origin}/github/{login}"}


def _review(origin: str, review: Review) -> dict[str, Any]:
    return {
        "id": review.id,
        "state": review.state,
        "submittedAt": stamp(review.at),
        "author": _actor(origin, review.author),
    }


def _commit(commit: Commit) -> dict[str, Any]:
    def oid(_: GraphQLResolveInfo[Any]) -> str:
        text = f"{commit.at.isoformat()}{commit.message}"
        return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    return {
        "id": lambda info: f"PURC_{oid(info)}",
        "commit": {
            "id": lambda info: f"C_{oid(info)}",
            "oid": oid,
            "message": commit.message,
            "messageHeadline": commit.message.partition("\n")[0],
            "committedDate": stamp(commit.at),
        },
    }
