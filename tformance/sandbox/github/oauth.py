"""GitHub's OAuth endpoints: exchanging codes for tokens, and revoking tokens and grants."""

from __future__ import annotations

from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tformance.sandbox.oauth.authorize import GITHUB, authorize_route
from tformance.sandbox.oauth.credentials import CLIENT_ID, given, is_client
from tformance.sandbox.world import World

__all__ = ["github_oauth_routes"]

_HELP = (
    "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/#"
)
_ERRORS = {
    "incorrect_client_credentials": "The client_id and/or client_secret passed are incorrect.",
    "redirect_uri_mismatch": "The redirect_uri MUST match the registered callback URL for this application.",
    "bad_verification_code": "The code passed is incorrect or expired.",
}


def github_oauth_routes(world: World) -> list[Route]:
    """Return the OAuth routes, below GitHub's base URL.

    Args:
        world: the sandbox's state.
    """

    async def access_token(request: Request) -> Response:
        parameters = await given(request)
        if not is_client(request, parameters):
            return _formatted(request, _error("incorrect_client_credentials"))
        code = world.tokens.redeem("github", parameters.get("code", ""))
        if code is None or not code.is_proved_by(parameters.get("code_verifier", "")):
            return _formatted(request, _error("bad_verification_code"))
        if parameters.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
            return _formatted(request, _error("redirect_uri_mismatch"))
        token = world.tokens.give(code.granted)
        scope = ",".join(code.granted.scopes)
        return _formatted(request, {"access_token": token.value, "token_type": "bearer", "scope": scope})

    async def revoke_token(request: Request) -> Response:
        if not is_client(request, {}) or request.path_params["client_id"] != CLIENT_ID:
            return JSONResponse({"message": "Bad credentials"}, 401)
        try:
            value = orjson.loads(await request.body())["access_token"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return JSONResponse({"message": "Invalid request."}, 422)
        token = world.tokens.valid("github", str(value))
        if token is None:
            return JSONResponse({"message": "Not Found"}, 404)
        world.tokens.revoke(token)
        return Response(status_code=204)

    async def revoke_grant(request: Request) -> Response:
        if not is_client(request, {}) or request.path_params["client_id"] != CLIENT_ID:
            return JSONResponse({"message": "Bad credentials"}, 401)
        try:
            value = orjson.loads(await request.body())["access_token"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return JSONResponse({"message": "Invalid request."}, 422)
        token = world.tokens.valid("github", str(value))
        if token is None:
            return JSONResponse({"message": "Not Found"}, 404)
        # The grant belongs to the person, so all of the person's tokens are revoked.
        for other in world.tokens.given("github"):
            if other.granted.login == token.granted.login:
                world.tokens.revoke(other)
        return Response(status_code=204)

    return [
        authorize_route(world, "/login/oauth/authorize", GITHUB),
        Route("/login/oauth/access_token", access_token, methods=["POST"]),
        Route("/api/v3/applications/{client_id}/token", revoke_token, methods=["DELETE"]),
        Route("/api/v3/applications/{client_id}/grant", revoke_grant, methods=["DELETE"]),
    ]


def _error(kind: str) -> dict[str, str]:
    return {
        "error": kind,
        "error_description": _ERRORS[kind],
        "error_uri": _HELP + kind.replace("_", "-"),
    }


def _formatted(request: Request, data: dict[str, str]) -> Response:
    """Return a response in the format that `Accept` asks for; as at GitHub, errors have status 200 too."""
    if "json" in request.headers.get("accept", ""):
        return JSONResponse(data)
    return Response(urlencode(data), media_type="application/x-www-form-urlencoded")
