"""The `TimeoutError` of a sync view under ASGI, which asyncio replaces with one that has no frames."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import wrapt
from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

__all__ = ["keep_timeouts", "restore_timeout"]

_RAISED = "otel.timeout"

View = Callable[..., HttpResponseBase]


@cache  # once per process
def keep_timeouts() -> None:
    """Keep each view's own `TimeoutError`, until `restore_timeout`.

    A sync view runs in a thread. From its exact `TimeoutError`, `asyncio.wrap_future` makes another one for
    the awaiting task, without traceback, cause and attributes.
    """
    wrapt.register_post_import_hook(_wrap_handler, "django.core.handlers.asgi")


def restore_timeout(request: HttpRequest, exception: Exception) -> None:
    """Give an exception what belongs to the one that it replaces, if it does.

    Args:
        request: the view's.
        exception: as the handler sees it.
    """
    raised = request.META.pop(_RAISED, None)
    if type(exception) is TimeoutError and raised is not None and raised is not exception:
        exception.__dict__.update(raised.__dict__)
        exception.__cause__, exception.__context__ = raised.__cause__, raised.__context__
        exception.__suppress_context__ = raised.__suppress_context__
        exception.__traceback__ = raised.__traceback__


def _wrap_handler(asgi: Any) -> None:
    wrapt.wrap_function_wrapper(asgi, "ASGIHandler.make_view_atomic", _make_view_atomic)


def _make_view_atomic(make: Callable[..., View], _: object, args: Any, kwargs: Any) -> View:
    view = make(*args, **kwargs)
    is_async = iscoroutinefunction(view)
    return view if is_async else partial(_keep_timeout, view)


def _keep_timeout(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    try:
        return view(request, *args, **kwargs)
    except TimeoutError as error:
        request.META[_RAISED] = error
        raise
