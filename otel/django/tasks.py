"""Django's tasks: a task belongs to the trace, the person and the groups of the code that enqueues it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

import wrapt
from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind

from otel import pipeline
from otel._guard import suppress_internal_errors
from otel.attributes import TASK_NAME
from otel.django.requests.exceptions import record_exception
from otel.identity import FixedIdentity, Identity, current_identity, identified
from otel.selecting import ends_abnormally

__all__ = ["follow_tasks"]

# A backend stores nothing of a task but its arguments, and calls `Task.call` or `Task.acall` with them.
_ARGUMENT = "otel_sender"
# The package, and Django's own module since version 6.
_MODULES = ("django_tasks.base", "django.tasks.base")

_tracer = trace.get_tracer("otel.django")


@cache  # once per process
def follow_tasks() -> None:
    """Pass trace and identity to the tasks that are enqueued, with every backend."""
    for module in _MODULES:
        wrapt.register_post_import_hook(_wrap_task, module)


def _wrap_task(base: Any) -> None:
    for method, wrapper in (
        ("enqueue", _enqueue),
        ("aenqueue", _enqueue_async),
        ("call", _call),
        ("acall", _call_async),
    ):
        wrapt.wrap_function_wrapper(base, f"Task.{method}", wrapper)


def _enqueue(enqueue: Callable[..., Any], _: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    result = enqueue(*args, **kwargs, **_sender())
    _hide_sender(result)
    return result


async def _enqueue_async(
    enqueue: Callable[..., Awaitable[Any]], _: Any, args: Any, kwargs: dict[str, Any]
) -> Any:
    result = await enqueue(*args, **kwargs, **_sender())
    _hide_sender(result)
    return result


def _call(call: Callable[..., Any], task: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    with _running(task, kwargs.pop(_ARGUMENT, None)):
        return call(*args, **kwargs)


async def _call_async(
    call: Callable[..., Awaitable[Any]], task: Any, args: Any, kwargs: dict[str, Any]
) -> Any:
    with _running(task, kwargs.pop(_ARGUMENT, None)):
        return await call(*args, **kwargs)


def _sender() -> dict[str, Any]:
    """Return the argument that carries trace and identity; empty if there are none."""
    sender: dict[str, Any] = {}
    with suppress_internal_errors("sending identity with a task"):
        headers: dict[str, str] = {}
        propagate.inject(headers)
        if headers:
            sender["headers"] = headers
        identity = current_identity()
        if identity is not None:
            sender["identity"] = identity.as_fields()
    return {_ARGUMENT: sender} if sender else {}


def _hide_sender(result: Any) -> None:
    """Remove the argument from the result, which shows the task's arguments to the product."""
    kwargs = getattr(result, "kwargs", None)
    if isinstance(kwargs, MutableMapping):
        kwargs.pop(_ARGUMENT, None)


@contextmanager
def _running(task: Any, sender: Mapping[str, Any] | None) -> Iterator[None]:
    """Run a task in a span of its own, which an exception ends as an unhandled error."""
    with ExitStack() as stack:
        span: trace.Span = trace.INVALID_SPAN
        with suppress_internal_errors("entering a task"):
            span = _enter(task, sender or {}, stack)
        try:
            yield
        except BaseException as error:
            with suppress_internal_errors("recording the end of a task"):
                if ends_abnormally(error):  # each `Exception` is recorded by the span
                    record_exception(span, error)
            raise


def _enter(task: Any, sender: Mapping[str, Any], stack: ExitStack) -> trace.Span:
    attributes: dict[str, str | bool] = {TASK_NAME: task.module_path}
    if "identity" in sender:
        identity = Identity(**sender["identity"])
        attributes |= pipeline.identity_attributes(identity)
        stack.enter_context(identified(FixedIdentity(identity)))
    context = propagate.extract(sender["headers"]) if "headers" in sender else None
    return stack.enter_context(
        _tracer.start_as_current_span(f"run/{task.module_path}", context, SpanKind.CONSUMER, attributes)
    )
