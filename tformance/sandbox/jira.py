"""Jira: OAuth with tokens that expire and rotate, several sites, and their projects."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tformance.sandbox.html import origin, page
from tformance.sandbox.oauth.authorize import JIRA, authorize_route
from tformance.sandbox.oauth.credentials import bearer, given, is_client
from tformance.sandbox.oauth.tokens import Token
from tformance.sandbox.story.people import number_of
from tformance.sandbox.world import World

__all__ = ["SITES", "Site", "jira_routes"]

_LASTS = timedelta(hours=1)
# Jira's default and maximum number of projects on a page.
_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A Jira site.

    Args:
        id: Atlassian's cloud id.
        name: the name in the site's URL, which equals the organization's login.
        projects: pairs of a project's key and name.
    """

    id: str
    name: str
    projects: tuple[tuple[str, str], ...]


def _site(name: str, *projects: tuple[str, str]) -> Site:
    return Site(id=str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.sandbox")), name=name, projects=projects)


# More projects than fit on a page, so that clients must page.
_OLD = tuple((f"OLD{number}", f"Archive {number}") for number in range(1, 61))
SITES = (
    _site("analytical-engines", ("ENG", "Engine"), ("LOOM", "Loom"), ("CARD", "Cards"), *_OLD),
    _site("difference-works", ("TAB", "Tables")),
)

Answering = Callable[[Request, Token], Awaitable[Response]]


def jira_routes(world: World) -> list[Route]:
    """Return the routes of Jira.

    Args:
        world: the sandbox's state.
    """

    async def token(request: Request) -> Response:
        parameters = await given(request)
        if not is_client(request, parameters):
            return _refused(401, "access_denied", "Unauthorized")
        match parameters.get("grant_type"):
            case "authorization_code":
                code = world.tokens.redeem("jira", parameters.get("code", ""))
                is_same = code is not None and code.redirect_uri == parameters.get("redirect_uri")
                if code is None or not is_same:
                    return _refused(403, "invalid_grant", "Invalid authorization code")
                can_refresh = "offline_access" in code.granted.scopes
                given_out = world.tokens.give(code.granted, lasts=_LASTS, is_refreshable=can_refresh)
            case "refresh_token":
                refreshed = world.tokens.refreshed(parameters.get("refresh_token", ""), lasts=_LASTS)
                if refreshed is None:
                    return _refused(403, "invalid_grant", "Unknown or invalid refresh token.")
                given_out = refreshed
            case other:
                return _refused(403, "unauthorized_client", f"Grant type '{other}' not allowed")
        return JSONResponse(
            {
                "access_token": given_out.value,
                "expires_in": int(_LASTS.total_seconds()),
                "token_type": "Bearer",
                "scope": " ".join(given_out.granted.scopes),
                **({"refresh_token": given_out.refresh} if given_out.refresh else {}),
            }
        )

    def door(answering: Answering) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            found = world.tokens.valid("jira", bearer(request))
            if found is None:
                return JSONResponse({"code": 401, "message": "Unauthorized"}, 401)
            return await answering(request, found)

        return endpoint

    async def resources(request: Request, token: Token) -> Response:
        return JSONResponse(
            [
                {
                    "id": site.id,
                    "url": _url(request, site),
                    "name": site.name,
                    "scopes": [scope for scope in token.granted.scopes if scope != "offline_access"],
                    "avatarUrl": f"{_url(request, site)}/avatar",
                }
                for site in _granted(token)
            ]
        )

    async def projects(request: Request, token: Token) -> Response:
        site = _asked(request, token)
        if site is None:
            return JSONResponse({"error": "Not Found"}, 404)
        query = request.query_params
        start, size = _number(query.get("startAt"), 0), min(_number(query.get("maxResults"), _PAGE), _PAGE)
        wanted = query.get("query", "").lower()
        found = sorted(one for one in site.projects if wanted in f"{one[0]} {one[1]}".lower())
        base = f"{origin(request)}/jira/api/ex/jira/{site.id}/rest/api/3"
        return JSONResponse(
            {
                "self": f"{base}/project/search?maxResults={size}&startAt={start}",
                "maxResults": size,
                "startAt": start,
                "total": len(found),
                "isLast": start + size >= len(found),
                "values": [
                    {
                        "self": f"{base}/project/{number_of(key)}",
                        "id": str(number_of(key)),
                        "key": key,
                        "name": name,
                        "projectTypeKey": "software",
                        "simplified": False,
                        "style": "classic",
                        "isPrivate": False,
                    }
                    for key, name in found[start : start + size]
                ],
            }
        )

    async def myself(request: Request, token: Token) -> Response:
        if _asked(request, token) is None:
            return JSONResponse({"error": "Not Found"}, 404)
        person = world.people.named(token.granted.login)
        return JSONResponse(
            {
                "accountId": f"557058:{number_of(person.login)}",
                "accountType": "atlassian",
                "emailAddress": person.email,
                "displayName": person.name,
                "active": True,
                "timeZone": "Etc/UTC",
            }
        )

    async def site_page(request: Request) -> Response:
        site = next((one for one in SITES if one.name == request.path_params["name"]), None)
        if site is None:
            reason = "This page does not exist at the sandbox."
            return page("refused.html", 404, title="Nothing here", reason=reason)
        return page("site.html", site=site)

    return [
        authorize_route(world, "/jira/auth/authorize", JIRA),
        Route("/jira/auth/oauth/token", token, methods=["POST"]),
        Route("/jira/api/oauth/token/accessible-resources", door(resources)),
        Route("/jira/api/ex/jira/{cloudid}/rest/api/3/project/search", door(projects)),
        Route("/jira/api/ex/jira/{cloudid}/rest/api/3/myself", door(myself)),
        Route("/jira/sites/{name}", site_page),
    ]


def _refused(status: int, error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)


def _url(request: Request, site: Site) -> str:
    return f"{origin(request)}/jira/sites/{site.name}"


def _granted(token: Token) -> list[Site]:
    return [site for site in SITES if site.name in token.granted.places]


def _asked(request: Request, token: Token) -> Site | None:
    return next((one for one in _granted(token) if one.id == request.path_params["cloudid"]), None)


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdecimal() else default
