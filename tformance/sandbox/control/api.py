"""The sandbox's control API: it shows the state, and accepts commands that change it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tformance.sandbox.clock import MOST_DAYS
from tformance.sandbox.control.failures import SERVICES, Failure
from tformance.sandbox.control.gate import Gate
from tformance.sandbox.control.overview import overview, pull_request_rows
from tformance.sandbox.world import World

__all__ = ["control_routes"]


class _NotUnderstoodError(ValueError):
    """Raised for an invalid command; the message says why."""


def control_routes(world: World, gate: Gate) -> list[Route]:
    """Return the routes under `/sandbox/`.

    Args:
        world: the state that the routes show and change.
        gate: the gate, which can release waiting requests.
    """
    orders: dict[str, Callable[[dict[str, Any]], None]] = {
        "reset": lambda _: _reset(world, gate),
        "release": lambda _: gate.release(),
        "advance": lambda told: _advance(world, told),
        "fail": lambda told: world.failures.add(Failure.told(told)),
        "revoke": lambda told: _revoke(world, told),
        "limit": lambda told: _limit(world, told),
        "repository": lambda told: _change_repository(world, told),
    }

    def ordering(order: Callable[[dict[str, Any]], None]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if request.headers.get("sec-fetch-site") not in (None, "same-origin", "none"):
                return JSONResponse({"error": "the sandbox's control API is closed to other sites"}, 403)
            # A body that starts like an object is JSON: `curl -d` always labels it as a form.
            body = await request.body()
            kind = request.headers.get("content-type", "")
            is_form = kind == "application/x-www-form-urlencoded" and not body.lstrip().startswith(b"{")
            try:
                order(dict(await request.form()) if is_form else orjson.loads(body or b"{}"))
            except ValueError as error:
                return JSONResponse({"error": str(error)}, 400)
            return RedirectResponse("/", 303) if is_form else JSONResponse({})

        return endpoint

    async def state(_: Request) -> Response:
        return JSONResponse(overview(world))

    async def requests(_: Request) -> Response:
        return JSONResponse(list(world.requests))

    async def messages(_: Request) -> Response:
        return JSONResponse(world.messages)

    async def pull_requests(request: Request) -> Response:
        repository = world.repository(request.query_params.get("full_name", ""))
        if repository is None:
            return JSONResponse({"error": "there is no repository of that name"}, 400)
        return JSONResponse(pull_request_rows(world, repository))

    return [
        Route("/sandbox/state", state),
        Route("/sandbox/requests", requests),
        Route("/sandbox/messages", messages),
        Route("/sandbox/pull-requests", pull_requests),
        *(Route(f"/sandbox/{name}", ordering(order), methods=["POST"]) for name, order in orders.items()),
    ]


def _reset(world: World, gate: Gate) -> None:
    world.reset()
    gate.release()


def _advance(world: World, told: dict[str, Any]) -> None:
    days = _number(told, "days")
    if not 0 <= world.clock.ahead.days + days <= MOST_DAYS:
        msg = f"the clock can only be advanced, and by at most {MOST_DAYS} days"
        raise _NotUnderstoodError(msg)
    world.advance(days)


def _revoke(world: World, told: dict[str, Any]) -> None:
    service = told.get("service")
    if service not in SERVICES:
        msg = f"give a service ({', '.join(SERVICES)})"
        raise _NotUnderstoodError(msg)
    world.tokens.revoke_all(service)


def _limit(world: World, told: dict[str, Any]) -> None:
    for budget in (world.core, world.graphql):
        budget.limit(int(_number(told, "remaining")), _number(told, "seconds"))


def _change_repository(world: World, told: dict[str, Any]) -> None:
    repository = world.repository(str(told.get("full_name")))
    if repository is None:
        msg = "there is no repository of that name"
        raise _NotUnderstoodError(msg)
    name = told.get("name")
    if name:
        repository.name = str(name)
    else:
        repository.gone = True


def _number(told: dict[str, Any], name: str) -> float:
    try:
        return float(told[name])
    except (KeyError, TypeError, ValueError) as error:
        msg = f"give {name} as a number"
        raise _NotUnderstoodError(msg) from error
