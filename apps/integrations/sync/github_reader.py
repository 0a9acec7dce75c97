"""Reading of a repository's pull requests from GitHub's GraphQL API, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar

from githubkit import GitHub
from githubkit.exception import GraphQLFailed, RateLimitExceeded, RequestError, RequestFailed
from pydantic import ValidationError

from apps.integrations.sync._github_schema import (
    Commit,
    Nodes,
    PageAnswer,
    PullRequest,
    RestAnswer,
    Review,
    facts_of,
)
from apps.integrations.sync.errors import (
    AccessDeniedError,
    AccessRevokedError,
    GitHubUnavailableError,
    RateLimitedError,
    RepositoryGoneError,
)
from apps.metrics.ingest.save import PullRequestFacts
from apps.metrics.models import Repository

__all__ = ["Page", "read_page"]

# Half of GitHub's maximum, because its time limit of ten seconds includes the nested reviews and commits.
_PULL_REQUESTS = 50
# Enough for nearly every pull request; further ones are read in pages of 100.
_REVIEWS, _COMMITS = 50, 100

_INFO = "pageInfo { hasNextPage endCursor }"
_REVIEW = f"{_INFO} nodes {{ id state submittedAt author {{ __typename login }} }}"
_COMMIT = f"{_INFO} nodes {{ commit {{ message }} }}"

_PAGE = f"""
query($owner: String!, $name: String!, $after: String, $order: IssueOrder!) {{
  repository(owner: $owner, name: $name) {{
    databaseId
    pullRequests(first: {_PULL_REQUESTS}, after: $after, orderBy: $order) {{
      totalCount
      {_INFO}
      nodes {{
        number title url body state createdAt updatedAt mergedAt closedAt additions deletions changedFiles
        headRefName
        author {{ __typename login }}
        reviews(first: {_REVIEWS}) {{ {_REVIEW} }}
        commits(first: {_COMMITS}) {{ {_COMMIT} }}
      }}
    }}
  }}
}}
"""
_REST = """
query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) { %s(first: 100, after: $after) { %s } }
  }
}
"""
_MORE_REVIEWS, _MORE_COMMITS = _REST % ("reviews", _REVIEW), _REST % ("commits", _COMMIT)

_FROM_THE_OLDEST = {"field": "CREATED_AT", "direction": "ASC"}
_FROM_THE_LATEST_CHANGE = {"field": "UPDATED_AT", "direction": "DESC"}

T = TypeVar("T")
Ask = Callable[..., dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of pull requests.

    Args:
        facts: the pull requests to save.
        cursor: GitHub's cursor at the end of the page.
        is_last: whether no later page has pull requests to save.
        total: how many pull requests the repository has.
    """

    facts: tuple[PullRequestFacts, ...]
    cursor: str
    is_last: bool
    total: int


def read_page(github: GitHub[Any], repository: Repository, *, since: datetime | None, cursor: str) -> Page:
    """Return the next page: oldest first if `since` is None, otherwise latest change first, back to `since`.

    No pull request is missed if the order changes between two pages. In the first order, new pull requests
    come last. In the second order, a changed pull request moves to the front, before the pages already read;
    the next sync finds it there, because its own `since` is before the start of this one.

    Args:
        github: a client with an access token.
        repository: the repository to read.
        since: the time before which changes do not matter; None reads everything.
        cursor: the cursor of the previous page; empty for the first page.

    Raises:
        SyncTroubleError: a subclass that says why the page could not be read.
    """
    owner, _, name = repository.full_name.partition("/")

    def ask(query: str, **variables: Any) -> dict[str, Any]:
        return github.graphql(query, {"owner": owner, "name": name, **variables})

    with _translated():
        order = _FROM_THE_LATEST_CHANGE if since else _FROM_THE_OLDEST
        answer = PageAnswer.model_validate(ask(_PAGE, after=cursor or None, order=order))
        if answer.repository.database_id != repository.external_id:  # another repository has its name now
            raise RepositoryGoneError
        page = answer.repository.pull_requests
        _expect_progress(page, cursor)
        fresh = [one for one in page.known if since is None or one.updated_at >= since]
        facts = tuple(facts_of(_completed(ask, one)) for one in fresh)
    return Page(
        facts=facts,
        cursor=page.page_info.end_cursor or cursor,
        is_last=not page.page_info.has_next_page or len(fresh) < len(page.known),
        total=page.total_count,
    )


def _completed(ask: Ask, one: PullRequest) -> PullRequest:
    """Return a pull request with all its reviews and commits, reading those that did not fit on its page."""

    def rest(query: str, after: str | None) -> RestAnswer:
        return RestAnswer.model_validate(ask(query, number=one.number, after=after))

    def more_reviews(after: str | None) -> Nodes[Review] | None:
        return rest(_MORE_REVIEWS, after).repository.pull_request.reviews

    def more_commits(after: str | None) -> Nodes[Commit] | None:
        return rest(_MORE_COMMITS, after).repository.pull_request.commits

    reviews = _all(one.reviews, more_reviews) if one.reviews else None
    return one.model_copy(update={"reviews": reviews, "commits": _all(one.commits, more_commits)})


def _all(first: Nodes[T], following: Callable[[str | None], Nodes[T] | None]) -> Nodes[T]:
    nodes, info = [*first.nodes], first.page_info
    while info.has_next_page:
        more = following(info.end_cursor)
        if more is None:
            raise GitHubUnavailableError
        _expect_progress(more, info.end_cursor)
        nodes += more.nodes
        info = more.page_info
    return first.model_copy(update={"nodes": nodes})


def _expect_progress(page: Nodes[Any], cursor: str | None) -> None:
    """Raise an error for an answer whose cursor would make the next request repeat this one forever."""
    if page.page_info.has_next_page and page.page_info.end_cursor in (None, "", cursor):
        raise GitHubUnavailableError


@contextmanager
def _translated() -> Iterator[None]:
    """Translate the client's exceptions into `SyncTroubleError`."""
    try:
        yield
    except RateLimitExceeded as error:
        raise RateLimitedError(error.retry_after) from error
    except RequestFailed as error:
        if error.response.status_code == HTTPStatus.UNAUTHORIZED:
            raise AccessRevokedError from error
        if error.response.status_code == HTTPStatus.FORBIDDEN:
            raise AccessDeniedError from error
        raise GitHubUnavailableError from error
    except GraphQLFailed as error:
        kinds = {one.type for one in error.response.errors or ()}
        if "NOT_FOUND" in kinds:
            raise RepositoryGoneError from error
        if "FORBIDDEN" in kinds:
            raise AccessDeniedError from error
        raise GitHubUnavailableError from error
    except (RequestError, ValidationError) as error:  # no answer, or an invalid one
        raise GitHubUnavailableError from error
