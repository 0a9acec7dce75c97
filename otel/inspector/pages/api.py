"""The inspector's own JSON API for programs, modeled on Snowplow Micro."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from otel.inspector.failures import Failure, FailureError
from otel.inspector.project.funnel import funnel, parse_steps
from otel.inspector.rules import RULES
from otel.inspector.sdk.flags import FlagsError
from otel.inspector.state import State
from otel.inspector.store.query import newest

__all__ = ["api_routes"]


def api_routes(state: State) -> list[Route]:
    """Return the routes under `/inspector/`.

    Args:
        state: the state that requests read and change.
    """
    api = _Api(state)
    reads: Mapping[str, Callable[[Request], object]] = {
        "health": lambda _: {"status": "ok"},
        "all": lambda _: state.store.counts(),
        "good": api.good,
        "bad": lambda _: list(state.store.rejected),
        "requests": lambda _: list(state.store.requests),
        "warnings": lambda _: list(state.store.warnings),
        "persons": lambda _: [person.as_json() for person in state.store.project.persons],
        "groups": lambda _: list(state.store.project.groups),
        "errors": lambda _: list(state.store.project.issues),
        "definitions": lambda _: state.store.project.definitions,
        "rules": api.rules,
        "funnel": api.funnel,
    }
    routes = [Route(f"/inspector/{name}", _reading(read)) for name, read in reads.items()]
    return [
        *routes,
        Route("/inspector/reset", api.reset, methods=["GET", "POST"]),
        Route("/inspector/fail", api.fail, methods=["GET", "POST"]),
        Route("/inspector/flags", api.flags, methods=["POST"]),
    ]


def _json(data: object, status: int = 200) -> Response:
    return Response(
        orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS),
        status,
        {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        "application/json",
    )


def _reading(read: Callable[[Request], object]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            return _json(read(request))
        except ValueError as error:
            return _json({"error": str(error)}, 400)

    return endpoint


class _Api:
    """The endpoints that need more than one expression. Confined to the server's event loop.

    Args:
        state: the state that requests read and change.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def good(self, request: Request) -> list[dict[str, Any]]:
        """List the captures that PostHog stores, oldest first; `limit` selects the newest."""
        query = request.query_params
        found = newest(self._state.store, query, int(query.get("limit", "0")))
        return [capture.as_json() for capture in reversed(found)]

    def funnel(self, request: Request) -> dict[str, Any]:
        """Return the funnel of the query parameter `steps`, or the configured funnel."""
        steps = request.query_params.get("steps")
        store = self._state.store
        return funnel(store, store.project.persons, parse_steps(steps) if steps else self._state.steps)

    def rules(self, _: Request) -> list[dict[str, Any]]:
        """List PostHog's rules with the number of times that each applied."""
        applied = self._state.store.project.applied
        return [{**rule.as_json(), "times": applied[rule.id]} for rule in RULES.values()]

    async def reset(self, _: Request) -> Response:
        """Reset the state."""
        self._state.reset()
        return _json(self._state.store.counts())

    async def fail(self, request: Request) -> Response:
        """Add a failure (POST); return the pending failures."""
        if request.method == "POST":
            try:
                self._state.failures.add(Failure.from_json(orjson.loads(await request.body())))
            except (orjson.JSONDecodeError, FailureError) as error:
                return _json({"error": str(error)}, 400)
        return _json(self._state.failures.pending())

    async def flags(self, request: Request) -> Response:
        """Replace the feature flags."""
        try:
            self._state.flags.replace(orjson.loads(await request.body()))
        except (orjson.JSONDecodeError, FlagsError) as error:
            return _json({"error": str(error)}, 400)
        return _json(self._state.flags.evaluated()["flags"])
