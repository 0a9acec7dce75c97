from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class MiddlewareFailedError(RuntimeError):
    pass


class FailingMiddleware:
    """A middleware that fails before or after the view if the request asks for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.GET.get("middleware") == "before":
            msg = "failed before the view"
            raise MiddlewareFailedError(msg)
        response = self._get_response(request)
        if request.GET.get("middleware") == "after":
            msg = "failed after the view"
            raise MiddlewareFailedError(msg)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        status = request.GET.get("friendly")
        return HttpResponse("sorry", status=int(status)) if status else None
