"""GitHub's REST API, and the authentication and rate limit that REST and GraphQL share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tformance.sandbox.github import _shapes as shapes
from tformance.sandbox.github.graphql import answer
from tformance.sandbox.github.limits import exceeded
from tformance.sandbox.html import origin
from tformance.sandbox.oauth.credentials import bearer
from tformance.sandbox.oauth.tokens import Token
from tformance.sandbox.paging import numbered_page
from tformance.sandbox.story.people import RepositoryPlan, number_of
from tformance.sandbox.world import World

__all__ = ["github_api_routes"]

_DOCS = "https://docs.github.com/rest"
# The OAuth scopes that include the scope that an endpoint needs.
_READ_ORGANISATIONS = {"read:org", "write:org", "admin:org", "user"}
_READ_EMAILS = {"user:email", "user"}

Answering = Callable[[Request, Token], Awaitable[Response]]


def github_api_routes(world: World) -> list[Route]:
    """Return the routes of the APIs, at GitHub Enterprise's paths below GitHub's base URL.

    Args:
        world: the sandbox's state.
    """
    api = _Api(world)
    reads: dict[str, Answering] = {
        "/user": api.user,
        "/user/emails": api.emails,
        "/user/orgs": api.my_organisations,
        "/user/repos": api.my_repositories,
        "/orgs/{org}": api.organisation,
        "/orgs/{org}/repos": api.organisations_repositories,
        "/orgs/{org}/members": api.members,
        "/repos/{owner}/{name}": api.repository,
    }
    return [
        *(Route(f"/api/v3{path}", api.door(read)) for path, read in reads.items()),
        Route("/api/graphql", api.door(api.graphql), methods=["POST"]),
    ]


def _missing() -> Response:
    return JSONResponse({"message": "Not Found", "documentation_url": _DOCS, "status": "404"}, 404)


class _Api:
    def __init__(self, world: World) -> None:
        self._world = world

    def door(self, answering: Answering) -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint that requires a token and applies the rate limit."""

        async def endpoint(request: Request) -> Response:
            is_graphql = answering == self.graphql
            value = bearer(request)
            token = self._world.tokens.valid("github", value)
            if token is None:
                message = "Bad credentials" if value else "Requires authentication"
                return JSONResponse({"message": message, "documentation_url": _DOCS, "status": "401"}, 401)
            budget = self._world.graphql if is_graphql else self._world.core
            if not budget.spend():
                return exceeded(budget, number_of(token.granted.login))
            response = await answering(request, token)
            response.headers.update(budget.headers())
            response.headers["X-OAuth-Scopes"] = ", ".join(token.granted.scopes)
            response.headers["X-GitHub-Media-Type"] = "github.v3; format=json"
            return response

        return endpoint

    async def graphql(self, request: Request, token: Token) -> Response:
        """Answer a GraphQL query."""
        body = await request.body()
        return Response(
            orjson.dumps(answer(self._world, token, origin(request), body)), media_type="application/json"
        )

    async def user(self, request: Request, token: Token) -> Response:
        """Return the token's owner."""
        return JSONResponse(shapes.user(origin(request), self._world.people.named(token.granted.login)))

    async def emails(self, _: Request, token: Token) -> Response:
        """List the owner's email addresses, if the token may see them."""
        if _READ_EMAILS.isdisjoint(token.granted.scopes):
            return _missing()
        person = self._world.people.named(token.granted.login)
        hidden = f"{number_of(person.login)}+{person.login}@users.noreply.github.com"
        return JSONResponse(
            [
                {"email": person.email, "primary": True, "verified": True, "visibility": "private"},
                {"email": hidden, "primary": False, "verified": True, "visibility": None},
            ]
        )

    async def my_organisations(self, request: Request, token: Token) -> Response:
        """List the organizations that the token may see."""
        if _READ_ORGANISATIONS.isdisjoint(token.granted.scopes):
            message = "You need at least read:org scope or user scope to list your organizations."
            return JSONResponse({"message": message, "documentation_url": _DOCS, "status": "403"}, 403)
        theirs = self._world.organisations_of(token.granted.login)
        granted = [one for one in theirs if one.login in token.granted.places]
        return _page(request, granted, lambda one: shapes.organisation(origin(request), one))

    async def my_repositories(self, request: Request, token: Token) -> Response:
        """List the repositories that the token may see."""
        return self._repositories(request, self._visible(token, token.granted.places))

    async def organisation(self, request: Request, _: Token) -> Response:
        """Return an organization."""
        one = self._world.organisation(request.path_params["org"])
        return JSONResponse(shapes.organisation_in_full(origin(request), one)) if one else _missing()

    async def organisations_repositories(self, request: Request, token: Token) -> Response:
        """List an organization's repositories."""
        one = self._world.organisation(request.path_params["org"])
        if one is None:
            return _missing()
        return self._repositories(request, self._visible(token, (one.login,)))

    async def members(self, request: Request, token: Token) -> Response:
        """List an organization's members; the list is empty unless the token may see them."""
        one = self._world.organisation(request.path_params["org"])
        if one is None:
            return _missing()
        may_see = one.login in token.granted.places and not _READ_ORGANISATIONS.isdisjoint(
            token.granted.scopes
        )
        return _page(
            request, one.members if may_see else (), lambda login: shapes.account(origin(request), login)
        )

    async def repository(self, request: Request, token: Token) -> Response:
        """Return a repository, or 404 if the token may not see it."""
        one = self._world.repository("{owner}/{name}".format(**request.path_params))
        if one is None or one not in self._visible(token, (one.owner,)):
            return _missing()
        return JSONResponse(self._shaped(request, one))

    def _visible(self, token: Token, owners: Sequence[str]) -> list[RepositoryPlan]:
        """Return the owners' repositories that the token may see; all repositories are private."""
        if "repo" not in token.granted.scopes:
            return []
        return self._world.repositories_of([one for one in owners if one in token.granted.places])

    def _repositories(self, request: Request, found: list[RepositoryPlan]) -> Response:
        found = sorted(found, key=lambda one: one.full_name)
        return _page(request, found, lambda one: self._shaped(request, one))

    def _shaped(self, request: Request, one: RepositoryPlan) -> dict[str, Any]:
        owner = self._world.organisation(one.owner)
        if owner is None:
            msg = f"{one.full_name} has no owner"
            raise LookupError(msg)
        opened = sum(seen.state == "OPEN" for seen in self._world.pull_requests(one))
        return shapes.repository(origin(request), one, owner, opened)


def _page(request: Request, rows: Sequence[Any], shaped: Callable[[Any], dict[str, Any]]) -> Response:
    shown, links = numbered_page(request, rows)
    return JSONResponse([shaped(one) for one in shown], headers=links)
