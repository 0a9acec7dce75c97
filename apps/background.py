"""Background tasks that are sent after the commit, so that an unreachable broker fails no request."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

from otel import record_error

__all__ = ["send_after_commit"]

_log = logging.getLogger(__name__)


def send_after_commit(task: Task[Any, Any], *calls: tuple[Any, ...]) -> None:
    """Send a task after the commit, once for each tuple of arguments.

    If the broker is unreachable, the error is recorded and the task is dropped. Raised from an `on_commit`
    hook, the error would skip the remaining hooks, some of which record events, and fail a request whose work
    is saved.

    Args:
        task: the task to send.
        calls: the positional arguments of each call.
    """
    if calls:
        transaction.on_commit(partial(_send, task, calls))


def _send(task: Task[Any, Any], calls: Sequence[tuple[Any, ...]]) -> None:
    for number, args in enumerate(calls):
        try:
            task.apply_async(args)
        except OperationalError as error:
            _log.exception("%s: %s of %s tasks were not sent", task.name, len(calls) - number, len(calls))
            record_error(error)
            return  # each further attempt would keep the user waiting for another timeout
