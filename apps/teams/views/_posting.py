"""Views that act on a POST, and show a page at their own address if they refuse."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.views.decorators.http import require_http_methods

__all__ = ["acts_on_post"]

View = Callable[..., HttpResponse]


def acts_on_post(page: str) -> Callable[[View], View]:
    """Let a view act on a POST only; a GET, as by reloading its refusal or after a login, leads to a page.

    Args:
        page: the name of its view, which takes the same arguments.
    """

    def decorate(view: View) -> View:
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "POST":
                return view(request, *args, **kwargs)
            return redirect(resolve_url(page, *args, **kwargs))

        return wrapper

    return decorate
