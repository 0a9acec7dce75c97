"""The pages of GitHub that the product links to."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tformance.sandbox.html import page
from tformance.sandbox.world import World

__all__ = ["github_page_routes"]

# The most pull requests on a page; the page shows their count as well.
_SHOWN = 100


def github_page_routes(world: World) -> list[Route]:
    """Return the routes of the pages, below GitHub's base URL.

    Args:
        world: the sandbox's state.
    """

    async def account(request: Request) -> Response:
        login = request.path_params["login"]
        return page("account.html", login=login, repositories=world.repositories_of([login]))

    async def repository(request: Request) -> Response:
        one = world.repository("{owner}/{name}".format(**request.path_params))
        if one is None:
            return _missing()
        seen = world.pull_requests(one)
        return page("repository.html", repository=one, seen=seen[::-1][:_SHOWN], count=len(seen))

    async def pull_request(request: Request) -> Response:
        one = world.repository("{owner}/{name}".format(**request.path_params))
        number = request.path_params["number"]
        found = world.pull_requests(one) if one else []
        seen = next((seen for seen in found if seen.pull_request.number == number), None)
        if seen is None:
            return _missing()
        return page("pull_request.html", repository=one, seen=seen)

    return [
        Route("/{login}", account),
        Route("/{owner}/{name}", repository),
        Route("/{owner}/{name}/pull/{number:int}", pull_request),
    ]


def _missing() -> Response:
    return page("refused.html", 404, title="Nothing here", reason="This page does not exist at the sandbox.")
