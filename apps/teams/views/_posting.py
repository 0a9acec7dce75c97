"""A decorator for views that act on POST requests and may answer with a page at their own URL."""

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
    """Call a view for POST requests only, and redirect GET requests to a page.

    A browser sends a GET request if the user reloads the view's error page, or after a login.

    Args:
        page: the URL name of the page, which takes the same arguments as the view.
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
