"""Tasks of Django's own framework."""

from __future__ import annotations

import sys

from django_tasks import task

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
