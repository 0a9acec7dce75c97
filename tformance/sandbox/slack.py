"""Slack: OAuth, channels, and messages that the sandbox keeps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tformance.sandbox.html import origin, page
from tformance.sandbox.oauth.authorize import SLACK, authorize_route
from tformance.sandbox.oauth.credentials import bearer, given, is_client
from tformance.sandbox.oauth.tokens import Token
from tformance.sandbox.paging import cursor_of, position_of
from tformance.sandbox.story.people import number_of
from tformance.sandbox.world import World

__all__ = ["slack_routes"]

# The channels of each workspace; the last is archived.
_CHANNELS = ("general", "random", "engineering", "releases", "reviews", "loom", "support", "old-news")
_ARCHIVED = {"old-news"}
# Slack's default and maximum number of channels on a page.
_PAGE, _MOST = 100, 1000

Answering = Callable[[Token, dict[str, str], Request], dict[str, Any]]


def slack_routes(world: World) -> list[Route]:
    """Return the routes of Slack.

    Args:
        world: the sandbox's state, which also keeps the messages.
    """

    async def access(request: Request) -> Response:
        parameters = await given(request)
        if not is_client(request, parameters):
            return _failed("bad_client_secret")
        code = world.tokens.redeem("slack", parameters.get("code", ""))
        if code is None:
            return _failed("invalid_code")
        if parameters.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
            return _failed("bad_redirect_uri")
        token = world.tokens.give(code.granted)
        return JSONResponse(
            {
                "ok": True,
                "app_id": "A0SANDBOX",
                "authed_user": {"id": _id("U", code.granted.login)},
                "scope": ",".join(code.granted.scopes),
                "token_type": "bot",
                "access_token": token.value,
                "bot_user_id": _id("U", "tformance"),
                "team": _team(token),
                "enterprise": None,
                "is_enterprise_install": False,
            }
        )

    def method(answering: Answering, needed: str = "") -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint that requires a token with the needed scope."""

        async def endpoint(request: Request) -> Response:
            parameters = await given(request)
            value = bearer(request) or parameters.get("token", "")
            if not value:
                return _failed("not_authed")
            token = world.tokens.valid("slack", value)
            if token is None:
                known = any(one.value == value for one in world.tokens.given("slack"))
                return _failed("token_revoked" if known else "invalid_auth")
            scopes = token.granted.scopes
            if needed and needed not in scopes:
                return JSONResponse(
                    {"ok": False, "error": "missing_scope", "needed": needed, "provided": ",".join(scopes)}
                )
            return JSONResponse(
                answering(token, parameters, request), headers={"X-OAuth-Scopes": ",".join(scopes)}
            )

        return endpoint

    def channels(token: Token, parameters: dict[str, str], _: Request) -> dict[str, Any]:
        workspace = token.granted.places[0]
        with_archived = parameters.get("exclude_archived", "").lower() not in ("1", "true")
        found = [name for name in _CHANNELS if with_archived or name not in _ARCHIVED]
        try:
            start = position_of(parameters["cursor"], int) if parameters.get("cursor") else 0
            size = int(parameters.get("limit") or _PAGE)
        except ValueError:
            return {"ok": False, "error": "invalid_cursor"}
        if not 1 <= size <= _MOST:
            return {"ok": False, "error": "invalid_limit"}
        end = start + size
        return {
            "ok": True,
            "channels": [_channel(workspace, name) for name in found[start:end]],
            "response_metadata": {"next_cursor": cursor_of(str(end)) if end < len(found) else ""},
        }

    def post(token: Token, parameters: dict[str, str], _: Request) -> dict[str, Any]:
        workspace = token.granted.places[0]
        wanted = parameters.get("channel", "").removeprefix("#")
        name = next((one for one in _CHANNELS if wanted in (one, _id("C", f"{workspace}/{one}"))), None)
        if name is None:
            return {"ok": False, "error": "channel_not_found"}
        if name in _ARCHIVED:
            return {"ok": False, "error": "is_archived"}
        text = parameters.get("text", "")
        if not text and not parameters.get("blocks"):
            return {"ok": False, "error": "no_text"}
        now = world.clock.now()
        # Slack identifies messages by their time; a counter distinguishes messages of the same instant.
        stamp = f"{int(now.timestamp())}.{len(world.messages):06d}"
        world.messages.append(
            {
                "workspace": workspace,
                "channel": name,
                "text": text,
                "blocks": parameters.get("blocks", ""),
                "at": now.isoformat(),
            }
        )
        return {
            "ok": True,
            "channel": _id("C", f"{workspace}/{name}"),
            "ts": stamp,
            "message": {"type": "message", "text": text, "ts": stamp, "user": _id("U", "tformance")},
        }

    def test(token: Token, _: dict[str, str], request: Request) -> dict[str, Any]:
        team = _team(token)
        return {
            "ok": True,
            "url": f"{origin(request)}/slack/workspaces/{token.granted.places[0]}",
            "team": team["name"],
            "team_id": team["id"],
            "user": "tformance",
            "user_id": _id("U", "tformance"),
            "bot_id": _id("B", "tformance"),
            "is_enterprise_install": False,
        }

    def revoke(token: Token, parameters: dict[str, str], _: Request) -> dict[str, Any]:
        if parameters.get("test", "").lower() in ("1", "true"):
            return {"ok": True, "revoked": False}
        world.tokens.revoke(token)
        return {"ok": True, "revoked": True}

    async def workspace_page(request: Request) -> Response:
        name = request.path_params["name"]
        messages = [one for one in world.messages if one["workspace"] == name]
        return page("workspace.html", name=name, channels=_CHANNELS, messages=messages)

    both = ["GET", "POST"]
    return [
        authorize_route(world, "/slack/oauth/v2/authorize", SLACK),
        Route("/slack/api/oauth.v2.access", access, methods=both),
        Route("/slack/api/conversations.list", method(channels, "channels:read"), methods=both),
        Route("/slack/api/chat.postMessage", method(post, "chat:write"), methods=["POST"]),
        Route("/slack/api/auth.test", method(test), methods=both),
        Route("/slack/api/auth.revoke", method(revoke), methods=both),
        Route("/slack/workspaces/{name}", workspace_page),
    ]


def _failed(error: str) -> Response:
    return JSONResponse({"ok": False, "error": error})


def _id(kind: str, name: str) -> str:
    """Return an id in Slack's format: a letter for the kind, then capital letters and digits."""
    return f"{kind}0{number_of(name):08X}"


def _team(token: Token) -> dict[str, str]:
    name = token.granted.places[0]
    return {"id": _id("T", name), "name": name.replace("-", " ").title()}


def _channel(workspace: str, name: str) -> dict[str, Any]:
    return {
        "id": _id("C", f"{workspace}/{name}"),
        "name": name,
        "name_normalized": name,
        "is_channel": True,
        "is_private": False,
        "is_archived": name in _ARCHIVED,
        "is_general": name == "general",
        "is_member": name == "general",
        "num_members": 9,
    }
