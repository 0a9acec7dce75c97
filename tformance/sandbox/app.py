"""The ASGI application of the sandbox."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from tformance.sandbox.control.api import control_routes
from tformance.sandbox.control.failures import KINDS, SERVICES
from tformance.sandbox.control.gate import Gate
from tformance.sandbox.control.overview import overview
from tformance.sandbox.github.oauth import github_oauth_routes
from tformance.sandbox.github.pages import github_page_routes
from tformance.sandbox.github.rest import github_api_routes
from tformance.sandbox.html import asset_route, page
from tformance.sandbox.jira import jira_routes
from tformance.sandbox.slack import slack_routes
from tformance.sandbox.world import World

__all__ = ["create_app"]

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound to
# The number of latest requests and messages on the front page.
_ROWS = 50


def create_app(world: World, host: str = "127.0.0.1") -> ASGIApp:
    """Return the application.

    Args:
        world: the state that the application shows and changes.
        host: the address that the server binds to, which is accepted as a host name.
    """
    github = [*github_oauth_routes(world), *github_api_routes(world), *github_page_routes(world)]
    services = Starlette(routes=[Mount("/github", routes=github), *jira_routes(world), *slack_routes(world)])
    gate = Gate(services, world)

    async def front(_: Request) -> Response:
        return page(
            "front.html",
            services=SERVICES,
            kinds=KINDS,
            state=overview(world),
            requests=list(world.requests)[: -_ROWS - 1 : -1],
            messages=world.messages[: -_ROWS - 1 : -1],
        )

    app = Starlette(routes=[Route("/", front), asset_route(), *control_routes(world, gate), Mount("/", gate)])
    # Refuse other host names, by which a web page could reach this machine (DNS rebinding).
    own = f"[{host}]" if ":" in host else host
    hosts = ["*"] if host in _EVERYWHERE else ["localhost", "127.0.0.1", own]
    return TrustedHostMiddleware(app, allowed_hosts=hosts, www_redirect=False)
