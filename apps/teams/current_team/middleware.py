"""Middleware that sets the team of each request, looked up on first use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import SimpleLazyObject

from apps.teams.current_team.lookup import current_membership
from apps.teams.models import Team

__all__ = ["team_middleware"]

_Response = HttpResponseBase | Awaitable[HttpResponseBase]


@sync_and_async_middleware
def team_middleware(get_response: Callable[..., Any]) -> Callable[[HttpRequest], _Response]:
    """Set `request.team` to the lazy current team, which is falsy for a person without one.

    A page that does not use the team runs no query.

    Args:
        get_response: the next middleware or the view.
    """
    if iscoroutinefunction(get_response):

        async def attach_async(request: HttpRequest) -> HttpResponseBase:
            _attach(request)
            return cast("HttpResponseBase", await get_response(request))

        return attach_async

    def attach(request: HttpRequest) -> HttpResponseBase:
        _attach(request)
        return cast("HttpResponseBase", get_response(request))

    return attach


def _attach(request: HttpRequest) -> None:
    def team() -> Team | None:
        membership = current_membership(request)
        return membership.team if membership else None

    request.__dict__.update(team=SimpleLazyObject(team), team_key=None, team_slug=None)
