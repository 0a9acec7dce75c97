"""Tasks of Django's own framework."""

from __future__ import annotations

import sys
from typing import Any

from django_tasks import TaskContext, task

from otel import record
from tests.host.events import ParcelShipped


@task
def ship(number: int) -> None:
    record(ParcelShipped(number=number))


@task
async def ship_async(number: int) -> None:
    record(ParcelShipped(number=number))


@task
def fail(number: int) -> None:
    record(ParcelShipped(number=number))
    msg = "the task failed"
    raise ValueError(msg)


@task
def leave(number: int) -> None:
    record(ParcelShipped(number=number))
    sys.exit(3)


@task
def return_unstorable(number: int) -> object:
    record(ParcelShipped(number=number))
    return object()


@task(takes_context=True)
def repeat(context: TaskContext, number: int, *, is_again: bool = False) -> None:
    record(ParcelShipped(number=number))
    if not is_again:
        arguments: dict[str, Any] = {**context.task_result.kwargs, "is_again": True}
        context.task_result.task.enqueue(**arguments)
