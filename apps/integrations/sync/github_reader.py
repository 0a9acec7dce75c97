"""Reading a repository's pull requests from GitHub, page by page, by GraphQL."""

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

# Half of what GitHub allows at once: its time limit of ten seconds holds for the nested ones, too.
_PULL_REQUESTS = 50
# As many as nearly every pull request has; the others' rest is followed, by the hundred.
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
    """Hold one page of pull requests.

    Args:
        facts: what is to be saved.
        cursor: GitHub's, behind it.
        is_last: whether nothing that matters comes behind it.
        total: how many pull requests the repository has.
    """

    facts: tuple[PullRequestFacts, ...]
    cursor: str
    is_last: bool
    total: int


def read_page(github: GitHub[Any], repository: Repository, *, since: datetime | None, cursor: str) -> Page:
    """Read the next page: from the oldest on, or from the latest change back to `since`.

    Nothing is left out when things move between two pages. In the first order what is new comes at the end,
    and in the second what changes moves to the front, past pages that are read: there the next sync finds it,
    as its own `since` lies before this one's start.

    Args:
        github: signed in.
        repository: which one.
        since: changes before it do not matter; None reads everything.
        cursor: of the page before; empty for the first page.

    Raises:
        SyncTroubleError: whichever of them keeps the page from us.
    """
    owner, _, name = repository.full_name.partition("/")

    def ask(query: str, **variables: Any) -> dict[str, Any]:
        return github.graphql(query, {"owner": owner, "name": name, **variables})

    with _troubles_named():
        order = _FROM_THE_LATEST_CHANGE if since else _FROM_THE_OLDEST
        answer = PageAnswer.model_validate(ask(_PAGE, after=cursor or None, order=order))
        if answer.repository.database_id != repository.external_id:  # another one has taken its name
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
    """Return a pull request with the reviews and commits that its page had no room for."""

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
    """Refuse an answer after which one would ask the same again, for ever."""
    if page.page_info.has_next_page and page.page_info.end_cursor in (None, "", cursor):
        raise GitHubUnavailableError


@contextmanager
def _troubles_named() -> Iterator[None]:
    """Turn the client's exceptions into what they mean for a sync."""
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
    except (RequestError, ValidationError) as error:  # no answer, or none to this question
        raise GitHubUnavailableError from error
