"""What a page says to its own scripts: about whom it is, and what of it may be recorded."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_cache_control
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString, mark_safe

from apps.teams.current_team.lookup import current_membership
from apps.utils import _flags
from otel import pipeline
from otel.identity import current_identity

__all__ = ["analytics", "private_pages"]

# The apps whose pages may be recorded. Not the account's, nor those of invitations and of OAuth, whose
# addresses are keys; and a page that is new is not until somebody has thought of it.
_RECORDED = frozenset({"insights", "integrations", "metrics", "onboarding", "web"})

# A page that no view has made, such as the one that says that there is no such page.
_NO_VIEW = "not_found"

# What begins with these is no project's key but a secret; `manage.py check` complains of it.
_SECRETS = ("phs_", "phx_")

# What begins and ends a regular expression.
_ANCHORS = {ord("^"): None, ord("$"): None}

# What would end the element that the JSON stands in.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def analytics(request: HttpRequest) -> dict[str, Any]:
    """Offer `posthog_config`, the page's JSON or nothing, and `asks_consent`, whether the notice is due.

    Args:
        request: the request under way.
    """
    return {
        "posthog_config": SimpleLazyObject(lambda: _config(request)),
        "asks_consent": SimpleLazyObject(lambda: _asks_consent(request)),
    }


@sync_and_async_middleware
def private_pages(
    get_response: Callable[..., Any],
) -> Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]:
    """Keep pages out of shared caches: they hold a person's ids, and a nonce that is for one answer.

    Args:
        get_response: the next middleware, or the view.
    """
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            response: HttpResponseBase = await get_response(request)
            return _private(response)

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        return _private(get_response(request))

    return answer


def _private(response: HttpResponseBase) -> HttpResponseBase:
    if response.headers.get("Content-Type", "").startswith("text/html"):
        patch_cache_control(response, private=True)
    return response


def _config(request: HttpRequest) -> SafeString | str:
    """Return what `assets/javascript/page.ts` reads."""
    key = settings.POSTHOG_API_KEY
    if not key or key.startswith(_SECRETS) or request.method == "HEAD" or _is_fragment(request):
        return ""
    membership = current_membership(request)  # which tells the identity its team
    identity = current_identity()
    if identity is None:  # outside of a request's middleware nobody knows who refuses
        return ""
    match = request.resolver_match
    config: dict[str, Any] = {
        "key": key,
        "api_host": settings.POSTHOG_BROWSER_PATH,
        "ui_host": settings.POSTHOG_UI_HOST,
        "page": match.view_name if match else _NO_VIEW,
        "route": _route(match.route) if match else f"/{_NO_VIEW}",
        "send_organisation": settings.POSTHOG_SEND_ORGANISATION,
        "opted_out": identity.opted_out,
        "distinct_id": None,
        "team": None,
        "recording": False,
        "flags": {},
        "origin": pipeline.origin(),
    }
    if not identity.opted_out:
        team = membership.team if membership else None
        config |= {
            "distinct_id": identity.distinct_id,
            "team": {"key": str(team.public_id), "slug": team.slug} if team else None,
            "recording": settings.SESSION_RECORDING and match is not None and match.app_name in _RECORDED,
            # Who a visitor is, the browser alone knows for certain.
            "flags": _flags.evaluated(identity.distinct_id, identity.groups) if identity.distinct_id else {},
        }
    return mark_safe(json.dumps(config).translate(_ESCAPES))  # noqa: S308 - escaped by the line itself


def _is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page; a boosted link, and the back button, ask for all of one."""
    headers = request.headers
    is_whole = "HX-Boosted" in headers or "HX-History-Restore-Request" in headers
    return "HX-Request" in headers and not is_whole


def _route(pattern: str) -> str:
    """Write an address with placeholders, `/insights/:pk/`; some of allauth's are regular expressions."""
    return "/" + re.sub(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>", r":\1\2", pattern).translate(_ANCHORS)


def _asks_consent(request: HttpRequest) -> bool:
    if not settings.POSTHOG_API_KEY or settings.TELEMETRY["OPT_OUT_COOKIE"] in request.COOKIES:
        return False
    identity = current_identity()
    return identity is not None and not identity.opted_out
