"""The exceptions of a view: noted when they are raised, recorded when the response is known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import wrapt
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

from otel._guard import suppress_internal_errors
from otel.django.requests.timeouts import restore_timeout
from otel.exceptions import ExceptionSnapshot

__all__ = [
    "ViewExceptionMiddleware",
    "forget_noted_exception",
    "is_noted",
    "note_exceptions_of_rest_framework",
    "record_exception",
    "record_noted_exception",
]

_NOTED = "otel.exception"
# The key under which the instrumentation stores an exception that it will record itself (`otel.md` section
# 5). If the key ever changes, the span contains the exception twice, but still only one error is sent.
_NOTED_BY_INSTRUMENTATION = "opentelemetry-instrumentor-django.exception_key"

GetResponse = Callable[[HttpRequest], HttpResponseBase] | Callable[[HttpRequest], Awaitable[HttpResponseBase]]


class ViewExceptionMiddleware:
    """The innermost middleware, which sees a view's exception before another one turns it into a response.

    Args:
        get_response: the view, sync or async.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        """Return the response to a request, or its coroutine.

        Args:
            request: any.
        """
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Note an exception of the view.

        Args:
            request: the view's.
            exception: raised by the view.
        """
        restore_timeout(request, exception)
        request.META[_NOTED] = exception


@cache  # once per process
def note_exceptions_of_rest_framework() -> None:
    """Note the exceptions that a view of Django REST framework turns into responses; none leaves the view."""
    wrapt.register_post_import_hook(_wrap_dispatch, "rest_framework.views")


def is_noted(request: HttpRequest, error: BaseException) -> bool:
    """Whether an exception will be recorded when the response is known.

    Args:
        request: the request.
        error: the exception.
    """
    return request.META.get(_NOTED) is error


def forget_noted_exception(request: HttpRequest) -> None:
    """Forget the noted exception, because another one determines the response.

    Args:
        request: the request.
    """
    request.META.pop(_NOTED, None)
    request.META.pop(_NOTED_BY_INSTRUMENTATION, None)


def record_noted_exception(request: HttpRequest, status: int) -> None:
    """Record the exception that led to a response, on the request's span.

    The instrumentation does not do it, because it raises if the exception's `__str__` does.

    Args:
        request: the request.
        status: the response's.
    """
    noted = request.META.pop(_NOTED, None)
    seen = request.META.pop(_NOTED_BY_INSTRUMENTATION, None)
    error = noted if status >= 500 else seen
    if error is not None:
        record_exception(trace.get_current_span(), error)


def record_exception(span: trace.Span, error: BaseException) -> None:
    """Record an exception that ends a request, with the status that OpenTelemetry's spans have then.

    Args:
        span: the request's.
        error: the exception.
    """
    span.record_exception(error, escaped=True)
    message = ExceptionSnapshot.of(error).message
    span.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {message}"))


def _wrap_dispatch(views: Any) -> None:
    wrapt.wrap_function_wrapper(views, "APIView.dispatch", _dispatch)


def _dispatch(
    dispatch: Callable[..., HttpResponseBase], view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> HttpResponseBase:
    with suppress_internal_errors("observing a view's exceptions"):
        request, handle = args[0], view.handle_exception

        def handle_exception(error: Exception) -> HttpResponseBase:
            request.META[_NOTED] = error
            response: HttpResponseBase = handle(error)
            return response

        view.handle_exception = handle_exception
    return dispatch(*args, **kwargs)
