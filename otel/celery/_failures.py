"""The exceptions of tasks, before Celery replaces those that cannot be pickled."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import wrapt
from celery import Task
from celery.app import trace as tracing
from opentelemetry import trace
from opentelemetry.trace import StatusCode

from otel import pipeline
from otel._guard import suppress_internal_errors

__all__ = ["see_failures"]


@cache  # once per process
def see_failures() -> None:
    """See the exception of each task that fails.

    `TraceInfo.handle_failure` is where Celery has the exception as it was raised: the signal `task_failure`
    gets a substitute if the exception cannot be pickled, and is not sent if the task's `on_failure` raises.
    """
    wrapt.wrap_function_wrapper(tracing, "TraceInfo.handle_failure", _handle_failure)


def _handle_failure(handle: Callable[..., Any], info: Any, args: tuple[Any, ...], kwargs: Any) -> Any:
    with suppress_internal_errors("remembering a task's exception"):
        _remember(args[0], info.retval)
    return handle(*args, **kwargs)


def _remember(task: Task[Any, Any], error: BaseException) -> None:
    span = trace.get_current_span()
    span_id = span.get_span_context().span_id
    if isinstance(error, tuple(task.throws or ())):
        pipeline.mark_expected(span_id)
        return
    pipeline.remember_exception(error, span_id)
    # The instrumentation sets it as well, unless the exception's `__str__` raises.
    span.set_status(StatusCode.ERROR)
