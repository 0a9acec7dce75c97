"""Tasks that end without a word, because their process does: their worker reports the error."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from typing import Any

import wrapt
from celery import signals
from celery.exceptions import Reject
from celery.worker import request as worker_request
from celery.worker.request import Request

from otel._guard import suppress_internal_errors
from otel.celery._failures import CELERY_LOGGERS
from otel.celery._report import report
from otel.selecting import loggers_repeat_errors

__all__ = ["report_lost_tasks"]

# The request whose result the worker is handling.
_handled: ContextVar[Request | None] = ContextVar("handled request", default=None)

# A frame of the method that `_failures` observes.
_SEEN = "in handle_failure"


@cache  # once per process
def report_lost_tasks() -> None:
    """Report tasks whose process is killed, exits, or exceeds its hard time limit.

    The process has no chance to do it. Celery's worker handles the failure then, and sends the signal
    `task_failure`, outside any span and without the request's headers.
    """
    wrapt.wrap_function_wrapper(worker_request, "Request.on_failure", _on_failure)
    signals.task_failure.connect(_failed, dispatch_uid="otel.celery.lost", weak=False)


def _on_failure(handle: Callable[..., Any], request: Request, args: tuple[Any, ...], kwargs: Any) -> Any:
    token = _handled.set(request)
    try:
        with loggers_repeat_errors(CELERY_LOGGERS):
            return handle(*args, **kwargs)
    finally:
        _handled.reset(token)


def _failed(*, exception: BaseException, einfo: Any, **_: Any) -> None:
    request = _handled.get()
    error = getattr(exception, "exc", exception)
    if request is None or isinstance(error, Reject) or _is_seen(error, einfo):
        return
    with suppress_internal_errors("reporting a lost task"):
        # `time_start` is 0 until the task is accepted.
        report(request.task_name, request.id, request.request_dict, error, request.time_start or 0)


def _is_seen(error: BaseException, einfo: Any) -> bool:
    """Whether the task's own process has reported an error, or the one that its `on_failure` followed."""
    return not isinstance(error, Exception) or _SEEN in str(getattr(einfo, "traceback", ""))
