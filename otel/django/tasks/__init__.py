"""Django's tasks: a task belongs to the trace, the person and the groups of the code that enqueues it."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from functools import cache
from typing import Any

import wrapt
from opentelemetry import propagate

from otel._guard import suppress_internal_errors
from otel.django.requests.exceptions import record_exception
from otel.django.tasks._running import ARGUMENT, followed, has_run, is_followed, running
from otel.identity import current_identity

__all__ = ["follow_tasks"]

# The package, and Django's own module since version 6.
_PACKAGES = ("django_tasks", "django.tasks")


@cache  # once per process
def follow_tasks() -> None:
    """Pass trace and identity to the tasks that are enqueued, with every backend.

    Call it before the project's tasks are defined: those that exist already get neither.
    """
    for package in _PACKAGES:
        wrapt.register_post_import_hook(_wrap_task, f"{package}.base")
        wrapt.register_post_import_hook(_observe_results, f"{package}.signals")


def _wrap_task(base: Any) -> None:
    for method, wrapper in (
        ("__post_init__", _define),
        ("enqueue", _enqueue),
        ("aenqueue", _enqueue_async),
        ("call", _call),
        ("acall", _call),
    ):
        wrapt.wrap_function_wrapper(base, f"Task.{method}", wrapper)


def _observe_results(signals: Any) -> None:
    finished, log = signals.task_finished, signals.log_task_finished
    # Before the receiver that logs the exception, which would otherwise be taken for another error.
    finished.disconnect(log)
    finished.connect(_report_result, dispatch_uid="otel.django.tasks", weak=False)
    finished.connect(log)


def _define(validate: Callable[..., None], task: Any, args: Any, kwargs: Any) -> None:
    validate(*args, **kwargs)
    if not is_followed(task.func):
        # Backends call either the task or its function. A task's attributes are read-only.
        object.__setattr__(task, "func", followed(task.func))


def _enqueue(enqueue: Callable[..., Any], task: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    return _without_sender(enqueue(*args, **kwargs | _sender(task)))


async def _enqueue_async(
    enqueue: Callable[..., Awaitable[Any]], task: Any, args: Any, kwargs: dict[str, Any]
) -> Any:
    return _without_sender(await enqueue(*args, **kwargs | _sender(task)))


def _call(call: Callable[..., Any], task: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    if is_followed(task.func):
        kwargs = {ARGUMENT: {}, **kwargs}  # for a task that was enqueued without a sender
    return call(*args, **kwargs)


def _sender(task: Any) -> dict[str, Any]:
    """Return the argument that carries trace and identity; empty if there are none."""
    sender: dict[str, Any] = {}
    with suppress_internal_errors("sending identity with a task"):
        headers: dict[str, str] = {}
        propagate.inject(headers)
        if headers:
            sender["headers"] = headers
        identity = current_identity()
        if identity is not None:
            # Backends take what JSON takes; a primary key may be a UUID object.
            sender["identity"] = json.loads(json.dumps(identity.as_fields(), default=str))
    return {ARGUMENT: sender} if sender and is_followed(task.func) else {}


def _without_sender(result: Any) -> Any:
    """Return a result that shows only the task's own arguments to the product."""
    if ARGUMENT not in (getattr(result, "kwargs", None) or {}):
        return result
    shown = copy(result)  # a backend may run the task later with the original's arguments
    # The attributes of a result are read-only.
    object.__setattr__(shown, "kwargs", {k: v for k, v in result.kwargs.items() if k != ARGUMENT})
    return shown


def _report_result(*, task_result: Any, **_: Any) -> None:
    """Report why a task has failed that has not raised: its result cannot be stored, for instance."""
    error = sys.exc_info()[1]
    if error is None or has_run(error) or not _failed_by(error, task_result.errors):
        return
    with (
        suppress_internal_errors("reporting a task's result"),
        running(task_result.task.module_path, task_result.kwargs.get(ARGUMENT) or {}) as span,
    ):
        record_exception(span, error)


def _failed_by(error: BaseException, errors: Sequence[Any]) -> bool:
    kind = type(error)
    return bool(errors) and errors[-1].exception_class_path == f"{kind.__module__}.{kind.__qualname__}"
