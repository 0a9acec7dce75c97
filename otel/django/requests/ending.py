"""The end of a request without a response, because something that is not an `Exception` leaves its view."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from opentelemetry import context as otel_context

from otel._guard import suppress_internal_errors
from otel.django.requests.exceptions import record_exception
from otel.selecting import ends_abnormally

__all__ = ["RequestEndMiddleware"]

# The keys under which the instrumentation keeps what it ends when it gets a response.
_ACTIVATION, _SPAN, _TOKEN = (
    f"opentelemetry-instrumentor-django.{name}" for name in ("activation_key", "span_key", "token")
)


class RequestEndMiddleware:
    """The middleware that ends a request's span if no response does, right inside the instrumentation's.

    Django turns each `Exception` into a response. `SystemExit`, such as gunicorn's timeout, and the
    cancellation of a request whose client hung up are none: the instrumentation leaves the span open and its
    context attached, so that the thread's next requests would belong to it. Sync like the instrumentation,
    because a context has to be detached where it was attached.

    Args:
        get_response: the next layer of the stack.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response to a request.

        Args:
            request: any.
        """
        try:
            return self._get_response(request)
        except BaseException as error:
            with suppress_internal_errors("ending a request"):
                _end(request.META, error, can_be_cancelled=hasattr(request, "scope"))
            raise


def _end(meta: dict[str, Any], error: BaseException, *, can_be_cancelled: bool) -> None:
    activation, span, token = (meta.pop(key, None) for key in (_ACTIVATION, _SPAN, _TOKEN))
    if activation is not None and span is not None:
        is_cancellation = isinstance(error, CancelledError | GeneratorExit)
        if ends_abnormally(error) or (is_cancellation and not can_be_cancelled):
            record_exception(span, error)
        activation.__exit__(type(error), error, error.__traceback__)
    if token is not None:
        otel_context.detach(token)
