"""The answer of a browser, kept in its cookie: may it be recorded?"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

__all__ = ["keep_answer"]

# After a year people are asked anew.
_KEPT = timedelta(days=365)


def keep_answer(request: HttpRequest, response: HttpResponse, *, is_refused: bool) -> None:
    """Let an answer count from now on, in this request too.

    Args:
        request: under way.
        response: to it.
        is_refused: whether it may not.
    """
    name = str(settings.TELEMETRY["OPT_OUT_COOKIE"])
    # A yes is kept as well: who has given it is not asked again.
    request.COOKIES[name] = "1" if is_refused else "0"
    response.set_cookie(
        name,
        request.COOKIES[name],
        max_age=_KEPT,
        secure=request.is_secure(),
        # The page's scripts read it before each event, which may be in another tab.
        httponly=False,
        samesite="Lax",
    )
