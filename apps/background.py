"""Sending work to the background, such that nothing which is saved fails for a broker that is away."""

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
    """Have a task done once for each of the arguments, after the commit.

    What cannot be sent is recorded as an error, and not done: raised from a hook of the commit, it would take
    all the other hooks with it, events among them, and fail a request whose work is saved.

    Args:
        task: which one.
        calls: its arguments, each time.
    """
    if calls:
        transaction.on_commit(partial(_send, task, calls))


def _send(task: Task[Any, Any], calls: Sequence[tuple[Any, ...]]) -> None:
    for number, args in enumerate(calls):
        try:
            task.apply_async(args)
        except OperationalError as error:
            _log.exception("%s: %s of %s are not sent", task.name, len(calls) - number, len(calls))
            record_error(error)
            return  # each further try would have the person wait for as long
