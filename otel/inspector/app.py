"""The ASGI application of the inspector."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount, Router
from starlette.types import ASGIApp

from otel.inspector.ingest.routes import ingestion_routes
from otel.inspector.pages.api import api_routes
from otel.inspector.pages.guard import Guard
from otel.inspector.pages.page import page_routes
from otel.inspector.sdk.routes import sdk_routes
from otel.inspector.state import State

__all__ = ["create_app"]


def create_app(state: State, host: str = "127.0.0.1") -> ASGIApp:
    """Return the inspector's application.

    Args:
        state: the state that requests read and change.
        host: address that the server is bound to; a request's Host header must name it or loopback.
    """
    posthog = Router([*ingestion_routes(state), *sdk_routes(state)], redirect_slashes=False)
    # Like PostHog (`wire.md` section 1.1): posthog-js runs on any page and sends credentials.
    open_to_all = CORSMiddleware(
        posthog,
        allow_origin_regex=".*",
        allow_methods=["GET", "POST", "OPTIONS"],
        allow_headers=["*"],
        allow_credentials=True,
    )
    app = Starlette(routes=[*page_routes(state), *api_routes(state), Mount("/", open_to_all)])
    return Guard(app, host)
