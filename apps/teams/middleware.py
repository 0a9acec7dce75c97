"""Giving each request its team, looked up when somebody asks, and telling the entry span of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import SimpleLazyObject
from opentelemetry import trace

from apps.teams.current import current_membership
from apps.teams.models import Team

__all__ = ["team_middleware"]

# Named to the pipeline in `settings.TELEMETRY`.
_TEAM_SLUG = "tformance.team.slug"

_Response = HttpResponseBase | Awaitable[HttpResponseBase]


@sync_and_async_middleware
def team_middleware(get_response: Callable[..., Any]) -> Callable[[HttpRequest], _Response]:
    """Set `request.team`: the current team, false for who has none; a page that does not ask pays no query.

    Args:
        get_response: the next middleware, or the view.
    """
    if iscoroutinefunction(get_response):

        async def attach_async(request: HttpRequest) -> HttpResponseBase:
            _attach(request)
            response: HttpResponseBase = await get_response(request)
            _tell(request)
            return response

        return attach_async

    def attach(request: HttpRequest) -> HttpResponseBase:
        _attach(request)
        response: HttpResponseBase = get_response(request)
        _tell(request)
        return response

    return attach


def _attach(request: HttpRequest) -> None:
    def team() -> Team | None:
        membership = current_membership(request)
        return membership.team if membership else None

    request.__dict__.update(team=SimpleLazyObject(team), team_key=None, team_slug=None)


def _tell(request: HttpRequest) -> None:
    """Set what `error_occurred` names as its team; who never asked for the team pays no query here either."""
    slug: str | None = request.__dict__["team_slug"]
    if slug is not None:
        trace.get_current_span().set_attribute(_TEAM_SLUG, slug)
