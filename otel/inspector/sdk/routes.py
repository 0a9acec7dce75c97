"""The routes that PostHog's libraries use besides ingestion: feature flags and remote configuration."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from otel.inspector.sdk.flags import remote_config
from otel.inspector.state import State

__all__ = ["sdk_routes"]


def sdk_routes(state: State) -> list[Route]:
    """Return the routes that posthog-python and posthog-js request.

    Args:
        state: the inspector's state, which has the flags.
    """

    async def flags(_: Request) -> Response:
        return _json(state.flags.evaluated())

    async def definitions(request: Request) -> Response:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            return _json({"detail": "Authentication credentials were not provided."}, 401)
        return _json(state.flags.definitions())

    async def config(_: Request) -> Response:
        return _json(remote_config(has_flags=bool(state.flags)))

    return [
        *(Route(path, flags, methods=["GET", "POST", "OPTIONS"]) for path in ("/flags", "/flags/")),
        *(Route(path, definitions) for path in ("/flags/definitions", "/flags/definitions/")),
        Route("/array/{token}/config", config, methods=["GET", "OPTIONS"]),
    ]


def _json(data: object, status: int = 200) -> Response:
    return Response(orjson.dumps(data), status, media_type="application/json")
