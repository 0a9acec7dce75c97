"""The host's Celery app, for tests with a real worker."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from asyncio import CancelledError
from typing import Any

from celery import Celery, Task, signals
from celery.exceptions import Retry
from opentelemetry import trace
from opentelemetry.instrumentation.logging.handler import LoggingHandler

from otel import pipeline, record, record_error
from otel.celery import instrument
from tests.host.events import ParcelShipped
from tests.host.exceptions import HoldsLockError, NeedsTwoError, UnspeakableError

app = Celery("host", broker=os.environ.get("HOST_BROKER", "memory://"))
app.conf.task_always_eager = not os.environ.get("HOST_BROKER")
app.conf.broker_connection_retry_on_startup = True
instrument()


if "HOST_LOGS" in os.environ:

    @signals.after_setup_logger.connect(weak=False)
    def send_logs(*, logger: logging.Logger, **_: Any) -> None:
        """Log to OpenTelemetry, as its instrumentation of `logging` does; Celery removes other handlers."""
        installed = pipeline.running()
        assert installed is not None
        logger.addHandler(LoggingHandler(logger_provider=installed.logger_provider))


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
    try:
        msg = "handled in a task"
        raise ValueError(msg)
    except ValueError as error:
        record_error(error)


@app.task
def ship_plainly_later() -> None:
    trace.get_current_span().add_event("parcel_shipped", {"number": 5})


class FailingTask(Task[Any, Any]):
    """A task whose own handler of failures fails."""

    def on_failure(self, *_: Any) -> None:
        msg = "on_failure failed"
        raise LookupError(msg)


@app.task
def fail_with_two() -> None:
    first, second = "one", "two"
    raise NeedsTwoError(first, second)


@app.task
def fail_with_lock() -> None:
    raise HoldsLockError


@app.task
def fail_with_cause() -> None:
    try:
        int("parcel")
    except ValueError as error:
        first, second = "one", "two"
        raise NeedsTwoError(first, second) from error


@app.task
def fail_unspeakably() -> None:
    raise UnspeakableError


class FailingToRetryTask(Task[Any, Any]):
    """A task whose own handler of retries fails, after the task's span has ended."""

    def on_retry(self, *_: Any) -> None:
        msg = "on_retry failed"
        raise LookupError(msg)


@app.task(base=FailingToRetryTask, bind=True)
def fail_to_retry(self: Task[Any, Any]) -> None:
    raise Retry


@app.task(base=FailingTask)
def fail_twice() -> None:
    msg = "the task failed"
    raise ValueError(msg)


@app.task
def report_and_fail_alike() -> None:
    try:
        raise TimeoutError
    except TimeoutError as error:
        record_error(error)
    _time_out()


def _time_out() -> None:
    raise TimeoutError


@app.task(time_limit=1)
def exceed_hard_limit() -> None:
    time.sleep(60)


@app.task(soft_time_limit=1)
def exceed_soft_limit() -> None:
    time.sleep(60)


@app.task
def be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@app.task
def leave(number: int = 7) -> None:
    record(ParcelShipped(number=number))
    sys.exit(3)


@app.task
def be_cancelled(number: int = 8) -> None:
    record(ParcelShipped(number=number))
    raise CancelledError


@app.task(bind=True)
def be_revoked(self: Task[Any, Any]) -> None:
    app.control.revoke(str(self.request.id), terminate=True)
    time.sleep(60)
