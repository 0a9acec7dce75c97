"""The cookie that stores whether a browser allows recording."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

__all__ = ["keep_answer"]

# People are asked again after a year.
_KEPT = timedelta(days=365)


def keep_answer(request: HttpRequest, response: HttpResponse, *, is_refused: bool) -> None:
    """Store an answer in the browser's cookie, and apply it to the rest of this request.

    Args:
        request: the current request.
        response: the response that sets the cookie.
        is_refused: whether the browser declined recording.
    """
    name = str(settings.TELEMETRY["OPT_OUT_COOKIE"])
    # Consent is stored too, so that people who gave it are not asked again.
    request.COOKIES[name] = "1" if is_refused else "0"
    response.set_cookie(
        name,
        request.COOKIES[name],
        max_age=_KEPT,
        secure=request.is_secure(),
        # Scripts read the cookie before each event, in case the answer was changed in another tab.
        httponly=False,
        samesite="Lax",
    )
