"""GitHub's GraphQL API, executed on an excerpt of its schema."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from tformance.sandbox.github.budget import LIMIT
from tformance.sandbox.github.nodes import pull_request_node, pull_requests_page, stamp
from tformance.sandbox.oauth.tokens import Token
from tformance.sandbox.story.people import RepositoryPlan
from tformance.sandbox.world import World

__all__ = ["answer"]

_SCHEMA = build_schema((Path(__file__).parent / "schema.graphql").read_text())


def answer(world: World, token: Token, origin: str, body: bytes) -> dict[str, Any]:
    """Return the response to a query, with errors in GitHub's format.

    Args:
        world: the sandbox's state.
        token: the token of the request.
        origin: the sandbox's origin.
        body: JSON with `query` and optionally `variables`.
    """
    try:
        data = orjson.loads(body)
        query, variables = data["query"], data.get("variables")
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return {"errors": [{"message": "A query attribute must be specified and must be a string."}]}
    try:
        document = _parsed(str(query))
    except GraphQLError as error:
        return {"errors": [_shaped(error)]}
    faults = _faults(document)
    if faults:
        return {"errors": [_shaped(error) for error in faults]}
    result = execute_sync(
        _SCHEMA, document, root_value=_Root(world, token, origin), variable_values=variables
    )
    return _as_json(result)


@lru_cache(maxsize=100)
def _parsed(query: str) -> DocumentNode:
    return parse(query)


@lru_cache(maxsize=100)
def _faults(document: DocumentNode) -> list[GraphQLError]:
    return validate(_SCHEMA, document)


def _as_json(result: ExecutionResult) -> dict[str, Any]:
    if not result.errors:
        return {"data": result.data}
    return {"data": result.data, "errors": [_shaped(error) for error in result.errors]}


def _shaped(error: GraphQLError) -> dict[str, Any]:
    """Return an error with its type next to its message, as GitHub does."""
    shaped: dict[str, Any] = {**error.formatted}
    extensions = shaped.pop("extensions", None) or {}
    return {**({"type": extensions["type"]} if "type" in extensions else {}), **shaped}


class _Root:
    """The resolvers of the fields of `Query`."""

    def __init__(self, world: World, token: Token, origin: str) -> None:
        self._world = world
        self._token = token
        self._origin = origin

    def viewer(self, _: GraphQLResolveInfo[Any]) -> dict[str, Any]:
        """Return the token's owner."""
        person = self._world.people.named(self._token.granted.login)
        url = f"{self._origin}/github/{person.login}"
        return {"id": f"U_{person.login}", "login": person.login, "name": person.name, "url": url}

    def rateLimit(self, _: GraphQLResolveInfo[Any], **__: object) -> dict[str, Any]:  # noqa: N802 - the field's name
        """Return the rate limit; a query for a page costs one point, as at GitHub."""
        budget = self._world.graphql
        return {
            "cost": 1,
            "limit": LIMIT,
            "nodeCount": 0,
            "remaining": budget.remaining,
            "used": LIMIT - budget.remaining,
            "resetAt": stamp(datetime.fromtimestamp(budget.resets_at, UTC)),
        }

    def repository(self, _: GraphQLResolveInfo[Any], owner: str, name: str, **__: object) -> dict[str, Any]:
        """Return a repository; raise a NOT_FOUND error if the token may not see it."""
        found = self._world.repository(f"{owner}/{name}")
        may_see = "repo" in self._token.granted.scopes
        if found is None or not may_see or found.owner not in self._token.granted.places:
            msg = f"Could not resolve to a Repository with the name '{owner}/{name}'."
            raise GraphQLError(msg, extensions={"type": "NOT_FOUND"})
        return self._repository_node(found)

    def node(self, _: GraphQLResolveInfo[Any], id: str) -> dict[str, Any]:  # noqa: A002 - the argument's name
        """Return a pull request by its id."""
        plain = id.removeprefix("PR_")
        for repository in self._world.repositories_of(self._token.granted.places):
            for seen in self._world.pull_requests(repository):
                if plain == f"{repository.id}-{seen.pull_request.number}":
                    return pull_request_node(self._origin, repository, seen)
        msg = f"Could not resolve to a node with the global id of '{id}'."
        raise GraphQLError(msg, extensions={"type": "NOT_FOUND"})

    def _repository_node(self, repository: RepositoryPlan) -> dict[str, Any]:
        seen = self._world.pull_requests(repository)

        def pull_request(_: GraphQLResolveInfo[Any], number: int) -> dict[str, Any]:
            for one in seen:
                if one.pull_request.number == number:
                    return pull_request_node(self._origin, repository, one)
            msg = f"Could not resolve to a PullRequest with the number of {number}."
            raise GraphQLError(msg, extensions={"type": "NOT_FOUND"})

        def pull_requests(_: GraphQLResolveInfo[Any], **asked: Any) -> dict[str, Any]:
            order_by = asked.pop("orderBy", None)
            return pull_requests_page(self._origin, repository, seen, order_by=order_by, **asked)

        return {
            "__typename": "Repository",
            "id": f"R_{repository.id}",
            "databaseId": repository.id,
            "name": repository.name,
            "nameWithOwner": repository.full_name,
            "isPrivate": True,
            "url": f"{self._origin}/github/{repository.full_name}",
            "pullRequest": pull_request,
            "pullRequests": pull_requests,
        }
