"""The authorize pages, on which people grant or deny access to the application."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tformance.sandbox.html import page
from tformance.sandbox.oauth.credentials import CLIENT_ID
from tformance.sandbox.oauth.tokens import Granted, Service
from tformance.sandbox.story.people import ORGANISATIONS
from tformance.sandbox.world import World

__all__ = ["GITHUB", "JIRA", "SLACK", "Consent", "authorize_route"]

# GitHub's own rule for logins.
_LOGIN = re.compile(r"[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){0,38}", re.IGNORECASE)
# The host name of Django's test client, which is not reachable from anywhere.
_TEST_HOST = "testserver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The way in which a service asks for consent.

    Args:
        service: the service.
        name: the service's readable name.
        separators: a regular expression for the separators between scopes.
        places: a title for the places to which people grant access.
        is_one_place: whether people can choose only one place.
        needs_place: whether people must choose a place.
        allow: the text of the button that grants access.
        denied: the error's description if people deny access; empty for no description.
    """

    service: Service
    name: str
    separators: str
    places: str
    is_one_place: bool
    needs_place: bool
    allow: str
    denied: str


GITHUB = Consent(
    service="github",
    name="GitHub",
    separators=r"[\s,]+",
    places="Organisations",
    is_one_place=False,
    needs_place=False,
    allow="Authorize",
    denied="The user has denied your application access.",
)
JIRA = Consent(
    service="jira",
    name="Jira",
    separators=r"\s+",
    places="Sites",
    is_one_place=False,
    needs_place=True,
    allow="Accept",
    denied="User did not authorize the request",
)
SLACK = Consent(
    service="slack",
    name="Slack",
    separators=r"[\s,]+",
    places="Workspace",
    is_one_place=True,
    needs_place=True,
    allow="Allow",
    denied="",
)


def authorize_route(world: World, path: str, consent: Consent) -> Route:
    """Return the route of a service's authorize page.

    Args:
        world: the sandbox's state.
        path: the page's path.
        consent: the way in which the service asks for consent.
    """

    async def endpoint(request: Request) -> Response:
        asked = request.query_params
        fault = _fault(asked.get("client_id", ""), asked.get("redirect_uri", ""))
        if fault:
            return _refused(consent, fault)
        if request.method == "GET":
            return _asking(world, consent, request)
        form = await request.form()
        if form.get("decision") != "allow":
            described = {"error_description": consent.denied} if consent.denied else {}
            return _back(request, {"error": "access_denied", **described})
        login = str(form.get("new_login") or form.get("login") or "").strip()
        if not _LOGIN.fullmatch(login):
            return _refused(consent, f"{login!r} is not a valid name: use letters, digits, single hyphens.")
        places = _chosen(world, consent, login.lower(), form)
        if consent.needs_place and not places:
            return _refused(consent, f"{login} has not chosen any {consent.places.lower()}. Go back.")
        person = world.people.named(login.lower())
        person.email = str(form.get("email") or "").strip() or person.email
        granted = Granted(
            service=consent.service,
            login=person.login,
            scopes=tuple(filter(None, re.split(consent.separators, asked.get("scope", "")))),
            places=places,
        )
        code = world.tokens.new_code(
            granted, redirect_uri=asked["redirect_uri"], challenge=asked.get("code_challenge", "")
        )
        return _back(request, {"code": code})

    return Route(path, endpoint, methods=["GET", "POST"])


def _fault(client_id: str, redirect_uri: str) -> str:
    if client_id != CLIENT_ID:
        return f"No application has the client id {client_id!r}; the sandbox knows {CLIENT_ID!r}."
    parts = urlsplit(redirect_uri)
    if parts.scheme not in ("http", "https") or not _is_local(parts.hostname or ""):
        return f"The redirect_uri {redirect_uri!r} is not an http(s) URL on this machine."
    return ""


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in ("localhost", _TEST_HOST)


def _refused(consent: Consent, reason: str) -> Response:
    return page("refused.html", 400, title=f"{consent.name} cannot continue", reason=reason)


def _asking(world: World, consent: Consent, request: Request) -> Response:
    return page(
        "authorize.html",
        consent=consent,
        people=list(world.people),
        organisations=ORGANISATIONS,
        scopes=list(filter(None, re.split(consent.separators, request.query_params.get("scope", "")))),
        address=f"{request.url.path}?{request.url.query}",
        returns_to=urlsplit(request.query_params["redirect_uri"]).netloc,
    )


def _chosen(world: World, consent: Consent, login: str, form: FormData) -> tuple[str, ...]:
    """Return the places of a person that were chosen; by default, all of them.

    The page sends the field `chosen` along with its checkboxes, because a browser sends nothing for unchecked
    boxes.
    """
    theirs = [one.login for one in world.organisations_of(login)]
    wanted = form.getlist("organisations")
    places = [one for one in theirs if one in wanted] if wanted or form.get("chosen") else theirs
    return tuple(places[:1] if consent.is_one_place else places)


def _back(request: Request, answer: dict[str, str]) -> Response:
    asked = request.query_params
    parts = urlsplit(asked["redirect_uri"])
    state = {"state": asked["state"]} if "state" in asked else {}
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *(answer | state).items()])
    # 303: the browser follows with GET.
    return RedirectResponse(urlunsplit(parts._replace(query=query)), 303)
