"""Whether a browser asks not to be tracked."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

__all__ = ["refuses"]


def refuses(request: HttpRequest) -> bool:
    """Whether a browser refuses tracking, with Global Privacy Control, Do Not Track or the opt-out cookie.

    Args:
        request: a request, whose user and session are not loaded.
    """
    headers = request.META
    if headers.get("HTTP_SEC_GPC") == "1" or headers.get("HTTP_DNT") == "1":
        return True
    cookie = getattr(settings, "TELEMETRY", {}).get("OPT_OUT_COOKIE")
    return cookie is not None and request.COOKIES.get(cookie) == "1"
