"""Schema of GitHub's GraphQL answers, and their conversion to the data that is saved."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from apps.metrics.ingest.save import PullRequestFacts, ReviewFacts
from apps.metrics.models import PullRequestState

__all__ = ["Commit", "Nodes", "PageAnswer", "PullRequest", "RestAnswer", "Review", "facts_of"]

# GitHub's login for deleted accounts.
_GHOST = "ghost"

T = TypeVar("T")


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class _PageInfo(_Model):
    has_next_page: bool
    end_cursor: str | None


class Nodes(_Model, Generic[T]):
    """A page of a paginated list."""

    page_info: _PageInfo
    # None for nodes that GitHub cannot show.
    nodes: list[T | None]

    @property
    def known(self) -> list[T]:
        """The nodes that GitHub shows."""
        return [node for node in self.nodes if node is not None]


class _Actor(_Model):
    kind: str = Field(alias="__typename")
    login: str

    @property
    def name(self) -> str:
        # GitHub's pages and its REST API write the suffix; GraphQL leaves it out.
        is_named = self.kind != "Bot" or self.login.endswith("[bot]")
        return self.login if is_named else f"{self.login}[bot]"


class Review(_Model):
    """A review of a pull request."""

    id: str
    state: str
    # None until the reviewer submits it.
    submitted_at: AwareDatetime | None
    author: _Actor | None


class _CommitText(_Model):
    message: str


class Commit(_Model):
    """A commit in a pull request's list of commits."""

    commit: _CommitText


class PullRequest(_Model):
    """A pull request with its first reviews and commits."""

    number: int
    title: str
    url: str
    body: str
    state: Literal["OPEN", "MERGED", "CLOSED"]
    created_at: AwareDatetime
    updated_at: AwareDatetime
    merged_at: AwareDatetime | None
    closed_at: AwareDatetime | None
    additions: int
    deletions: int
    changed_files: int
    head_ref_name: str
    author: _Actor | None
    # Nullable in GitHub's schema.
    reviews: Nodes[Review] | None
    commits: Nodes[Commit]


class _PullRequests(Nodes[PullRequest]):
    total_count: int


class _Repository(_Model):
    database_id: int
    pull_requests: _PullRequests


class PageAnswer(_Model):
    """The answer to a query for a page of pull requests."""

    repository: _Repository


class _PullRequestRest(_Model):
    reviews: Nodes[Review] | None = None
    commits: Nodes[Commit] | None = None


class _RepositoryRest(_Model):
    pull_request: _PullRequestRest


class RestAnswer(_Model):
    """The answer to a query for more reviews or commits of one pull request."""

    repository: _RepositoryRest


def facts_of(one: PullRequest) -> PullRequestFacts:
    """Return the data of a pull request that is saved.

    Args:
        one: the pull request with all its reviews and commits.
    """
    return PullRequestFacts(
        number=one.number,
        title=one.title,
        url=one.url,
        author=_name(one.author),
        branch=one.head_ref_name,
        body=one.body,
        state=PullRequestState(one.state.lower()),
        opened_at=one.created_at,
        merged_at=one.merged_at,
        closed_at=one.closed_at,
        changed_at=one.updated_at,
        additions=one.additions,
        deletions=one.deletions,
        changed_files=one.changed_files,
        commit_messages=tuple(node.commit.message for node in one.commits.known),
        reviews=tuple(
            ReviewFacts(
                external_id=review.id,
                reviewer=_name(review.author),
                state=review.state.lower(),
                submitted_at=review.submitted_at,
            )
            for review in (one.reviews.known if one.reviews else ())
            if review.submitted_at is not None
        ),
    )


def _name(actor: _Actor | None) -> str:
    return actor.name if actor else _GHOST
