"""Tasks that end without a word, because their process does: their worker reports the error."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from typing import Any

import wrapt
from celery import signals
from celery.exceptions import Reject, TimeLimitExceeded
from celery.worker import request as worker_request
from celery.worker import state
from celery.worker.request import Request
from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind, StatusCode

from otel import pipeline
from otel._guard import suppress_internal_errors
from otel.attributes import TASK_NAME
from otel.celery._identity import sender_of

__all__ = ["report_lost_tasks"]

# The request whose result the worker is handling.
_handled: ContextVar[Request | None] = ContextVar("handled request", default=None)

# A frame of the method that `_failures` observes.
_SEEN = "in handle_failure"

_tracer = trace.get_tracer("otel.celery")


@cache  # once per process
def report_lost_tasks() -> None:
    """Report tasks whose process is killed, exits, or exceeds its hard time limit.

    The process has no chance to do it. Celery's worker sends the signal `task_failure` then, outside any span
    and without the request's headers; a task's own `on_failure` may prevent that for a time limit.
    """
    wrapt.wrap_function_wrapper(worker_request, "Request.on_timeout", _on_timeout)
    wrapt.wrap_function_wrapper(worker_request, "Request.on_failure", _on_failure)
    signals.task_failure.connect(_failed, dispatch_uid="otel.celery.lost", weak=False)


def _on_timeout(handle: Callable[..., Any], request: Request, args: tuple[Any, ...], kwargs: Any) -> Any:
    with suppress_internal_errors("reporting a task's time limit"):
        is_soft, limit = args
        if not is_soft and not state.should_terminate:
            _report(request, TimeLimitExceeded(limit))
    return handle(*args, **kwargs)


def _on_failure(handle: Callable[..., Any], request: Request, args: tuple[Any, ...], kwargs: Any) -> Any:
    token = _handled.set(request)
    try:
        return handle(*args, **kwargs)
    finally:
        _handled.reset(token)


def _failed(*, exception: BaseException, einfo: Any, **_: Any) -> None:
    request = _handled.get()
    # An exception of the task's `on_failure` follows one that the task's own process has reported.
    is_seen = _SEEN in str(getattr(einfo, "traceback", ""))
    if request is None or is_seen or isinstance(exception, Reject):
        return
    with suppress_internal_errors("reporting a lost task"):
        _report(request, getattr(exception, "exc", exception))


def _report(request: Request, error: BaseException) -> None:
    headers: dict[str, Any] = request.request_dict
    sender = sender_of(headers)
    about = {} if sender is None else pipeline.identity_attributes(sender)
    attributes = {TASK_NAME: request.task_name, "celery.state": "FAILURE", "messaging.message.id": request.id}
    # `time_start` is 0 until the task is accepted.
    start = int(request.time_start * 1e9) if request.time_start else None
    with _tracer.start_as_current_span(
        f"run/{request.task_name}",
        propagate.extract(headers),
        SpanKind.CONSUMER,
        {**attributes, **about},
        start_time=start,
    ) as span:
        span.record_exception(error, escaped=True)
        span.set_status(StatusCode.ERROR)
