"""The host's Celery app, for tests with a real worker."""

from __future__ import annotations

import os
import time
from typing import Any

from celery import Celery, Task
from opentelemetry import trace

from otel import record
from otel.celery import instrument
from tests.host.events import ParcelShipped

app = Celery("host", broker=os.environ.get("HOST_BROKER", "memory://"))
app.conf.task_always_eager = not os.environ.get("HOST_BROKER")
app.conf.broker_connection_retry_on_startup = True
instrument()


class ExpectedError(Exception):
    pass


@app.task
def ship_later(number: int) -> None:
    record(ParcelShipped(number=number))


@app.task
def ship_and_wait_later(number: int) -> None:
    record(ParcelShipped(number=number))
    print("recorded")
    time.sleep(3600)


@app.task
def fail_later() -> None:
    msg = "the task failed"
    raise ValueError(msg)


@app.task(throws=(ExpectedError,))
def fail_as_expected() -> None:
    msg = "nothing to worry about"
    raise ExpectedError(msg)


@app.task(bind=True, max_retries=1)
def retry_later(self: Task[Any, Any]) -> None:
    if not self.request.retries:
        msg = "not yet"
        raise self.retry(exc=ValueError(msg), countdown=0)
    record(ParcelShipped(number=4))


@app.task
def handle_later() -> None:
    from otel import record_error

    try:
        msg = "handled in a task"
        raise ValueError(msg)
    except ValueError as error:
        record_error(error)


@app.task
def ship_plainly_later() -> None:
    trace.get_current_span().add_event("parcel_shipped", {"number": 5})
