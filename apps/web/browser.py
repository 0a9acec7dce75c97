"""The telemetry configuration that a page passes to its scripts: identity, team, consent and recording."""

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
from apps.utils import flags
from otel import pipeline
from otel.identity import current_identity

__all__ = ["analytics", "private_pages"]

# The apps whose pages may be recorded. Account pages are left out, and so are invitations and OAuth, whose
# addresses contain secrets. A new app is not recorded until somebody adds it here.
_RECORDED = frozenset({"insights", "integrations", "metrics", "onboarding", "web"})

# The name of a page without a view, such as the 404 page.
_NO_VIEW = "not_found"

# The prefixes of secret keys, which are not project keys; `manage.py check` reports them.
_SECRETS = ("phs_", "phx_")

# The anchors of regular expressions, which are removed from routes.
_ANCHORS = {ord("^"): None, ord("$"): None}

# Characters that could end the script element around the JSON.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def analytics(request: HttpRequest) -> dict[str, Any]:
    """Provide `posthog_config`, the page's JSON or "", and `asks_consent`, whether to show the notice.

    Args:
        request: the current request.
    """
    return {
        "posthog_config": SimpleLazyObject(lambda: _config(request)),
        "asks_consent": SimpleLazyObject(lambda: _asks_consent(request)),
    }


@sync_and_async_middleware
def private_pages(
    get_response: Callable[..., Any],
) -> Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]:
    """Keep pages out of shared caches: they contain a person's ids, and a nonce for a single response.

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
    """Return the JSON that `assets/javascript/page.ts` reads."""
    key = settings.POSTHOG_API_KEY
    if not key or key.startswith(_SECRETS) or request.method == "HEAD" or _is_fragment(request):
        return ""
    membership = current_membership(request)  # also adds the team to the identity
    identity = current_identity()
    if identity is None:  # without the middleware, nothing is known about an opt-out
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
            # Only the browser reliably knows a visitor's id.
            "flags": flags.evaluated(identity.distinct_id, identity.groups) if identity.distinct_id else {},
        }
    return mark_safe(json.dumps(config).translate(_ESCAPES))  # noqa: S308 - `_ESCAPES` escapes it


def _is_fragment(request: HttpRequest) -> bool:
    """Whether htmx requests a part of a page; boosted links and the back button request the whole page."""
    headers = request.headers
    is_whole = "HX-Boosted" in headers or "HX-History-Restore-Request" in headers
    return "HX-Request" in headers and not is_whole


def _route(pattern: str) -> str:
    """Convert a URL pattern to a route such as `/insights/:pk/`; allauth also uses regular expressions."""
    return "/" + re.sub(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>", r":\1\2", pattern).translate(_ANCHORS)


def _asks_consent(request: HttpRequest) -> bool:
    if not settings.POSTHOG_API_KEY or settings.TELEMETRY["OPT_OUT_COOKIE"] in request.COOKIES:
        return False
    identity = current_identity()
    return identity is not None and not identity.opted_out
