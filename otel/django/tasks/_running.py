"""The run of a task: in a span of its own, about the person whose code enqueued it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import wraps
from inspect import iscoroutinefunction
from traceback import walk_tb
from typing import Any
from weakref import WeakSet

from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind

from otel import pipeline
from otel._guard import suppress_internal_errors
from otel.attributes import TASK_NAME
from otel.django.requests.exceptions import record_exception
from otel.identity import FixedIdentity, Identity, identified
from otel.selecting import ends_abnormally

__all__ = ["ARGUMENT", "followed", "has_run", "is_followed", "running"]

# The keyword argument in which trace and identity travel: a backend stores only the arguments of a task.
ARGUMENT = "otel_sender"

_Function = Callable[..., Any]

_followed: WeakSet[_Function] = WeakSet()
_tracer = trace.get_tracer("otel.django")


def followed(function: _Function) -> _Function:
    """Return a task's function such that it takes the argument, and runs in a span if it gets one.

    Args:
        function: sync or async.
    """

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        return _run(function, args, kwargs) if ARGUMENT in kwargs else function(*args, **kwargs)

    @wraps(function)
    async def run_async(*args: Any, **kwargs: Any) -> Any:
        run = _run_async(function, args, kwargs) if ARGUMENT in kwargs else function(*args, **kwargs)
        return await run

    chosen = run_async if iscoroutinefunction(function) else run
    _followed.add(chosen)
    return chosen


def is_followed(function: _Function) -> bool:
    """Whether a function takes the argument.

    Args:
        function: of a task.
    """
    return function in _followed


def has_run(error: BaseException) -> bool:
    """Whether an exception has left a task that ran in a span, so that it is reported.

    Args:
        error: was caught.
    """
    codes = (_run.__code__, _run_async.__code__)
    return any(frame.f_code in codes for frame, _ in walk_tb(error.__traceback__))


def _run(function: _Function, args: Any, kwargs: dict[str, Any]) -> Any:
    with running(f"{function.__module__}.{function.__qualname__}", kwargs.pop(ARGUMENT)):
        return function(*args, **kwargs)


async def _run_async(function: _Function, args: Any, kwargs: dict[str, Any]) -> Any:
    with running(f"{function.__module__}.{function.__qualname__}", kwargs.pop(ARGUMENT)):
        return await function(*args, **kwargs)


@contextmanager
def running(name: str, sender: Mapping[str, Any]) -> Iterator[trace.Span]:
    """Run a task in a span of its own, which an exception ends as an unhandled error.

    Args:
        name: of the task.
        sender: the argument.
    """
    with ExitStack() as stack:
        span: trace.Span = trace.INVALID_SPAN
        with suppress_internal_errors("entering a task"):
            span = _enter(name, sender, stack)
        try:
            yield span
        except BaseException as error:
            with suppress_internal_errors("recording the end of a task"):
                if ends_abnormally(error):  # each `Exception` is recorded by the span
                    record_exception(span, error)
            raise


def _enter(name: str, sender: Mapping[str, Any], stack: ExitStack) -> trace.Span:
    attributes: dict[str, str | bool] = {TASK_NAME: name}
    if "identity" in sender:
        identity = Identity(**sender["identity"])
        attributes |= pipeline.identity_attributes(identity)
        stack.enter_context(identified(FixedIdentity(identity)))
    context = propagate.extract(sender["headers"]) if "headers" in sender else None
    return stack.enter_context(
        _tracer.start_as_current_span(f"run/{name}", context, SpanKind.CONSUMER, attributes)
    )
