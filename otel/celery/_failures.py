"""The exceptions of tasks, before Celery replaces those that cannot be pickled."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import wrapt
from billiard import current_process
from celery import Task, signals
from celery.app import trace as tracing
from celery.app.task import Context
from celery.exceptions import WorkerShutdown, WorkerTerminate
from opentelemetry import trace
from opentelemetry.trace import StatusCode

from otel import pipeline
from otel._guard import suppress_internal_errors
from otel.celery._report import report
from otel.selecting import loggers_repeat_errors

__all__ = ["CELERY_LOGGERS", "see_failures"]

# Celery logs each failure, often as a substitute, in the task's process and in the worker's.
CELERY_LOGGERS = "celery."

_SEEN = "_otel_failure_seen"


@cache  # once per process
def see_failures() -> None:
    """See the exception of each task that fails.

    `TraceInfo.handle_failure` is where Celery has the exception as it was raised: the signal `task_failure`
    gets a substitute if the exception cannot be pickled, and is not sent if the task's `on_failure` raises.
    What is not an `Exception` passes it by.
    """
    wrapt.wrap_function_wrapper(tracing, "TraceInfo.handle_failure", _handle_failure)
    signals.task_postrun.connect(_end, dispatch_uid="otel.celery.failures", weak=False)


def _handle_failure(handle: Callable[..., Any], info: Any, args: tuple[Any, ...], kwargs: Any) -> Any:
    with suppress_internal_errors("remembering a task's exception"):
        _remember(args[0], args[1], info.retval)
    with loggers_repeat_errors(CELERY_LOGGERS):
        return handle(*args, **kwargs)


def _remember(task: Task[Any, Any], request: Context, error: BaseException) -> None:
    if getattr(request, _SEEN, False):
        return  # an exception of the task's `on_failure`
    request.update({_SEEN: True})
    span = trace.get_current_span()
    span_id = span.get_span_context().span_id
    if isinstance(error, tuple(task.throws or ())):
        pipeline.mark_expected(span_id)
    elif not span.is_recording():
        # The task's span has ended: its result could not be stored, or its next task not be sent.
        report(task.name, str(request.id), vars(request), error)
    else:
        pipeline.remember_exception(error, span_id)
        # The instrumentation sets it as well, unless the exception's `__str__` raises.
        span.set_status(StatusCode.ERROR)


def _end(*, task: Task[Any, Any], **_: Any) -> None:
    with suppress_internal_errors("reporting what ended a task"):
        error = sys.exc_info()[1]
        # The request that runs an eager task reports what leaves it.
        if error is None or isinstance(error, Exception) or task.request.is_eager:
            return
        if _stops_worker(error):
            return
        report(task.name, str(task.request.id), vars(task.request), error)


def _stops_worker(error: BaseException) -> bool:
    """Whether an exception is a worker's way to stop, or ends a pool's process, which the worker reports."""
    if isinstance(error, WorkerShutdown | WorkerTerminate):
        return True
    is_pool_process = current_process().daemon
    return is_pool_process and isinstance(error, SystemExit | KeyboardInterrupt)
