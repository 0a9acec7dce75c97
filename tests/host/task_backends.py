"""A backend like those that others publish for Django's tasks."""

from __future__ import annotations

import json
import logging
import threading
from typing import Any

from django_tasks import TaskResult, TaskResultStatus
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task


class FunctionBackend(BaseTaskBackend):
    """A backend that stores a task's arguments as JSON, and calls its function instead of the task."""

    def enqueue(self, task: Task[..., Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        self.validate_task(task)
        stored = json.dumps([list(args), kwargs])
        thread = threading.Thread(target=_work, args=(task, stored))  # a context of its own, as a process has
        thread.start()
        thread.join()
        return TaskResult(
            task=task,
            id="1",
            status=TaskResultStatus.READY,
            enqueued_at=None,
            started_at=None,
            finished_at=None,
            last_attempted_at=None,
            args=list(args),
            kwargs=kwargs,
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )


def _work(task: Task[..., Any], stored: str) -> None:
    args, kwargs = json.loads(stored)
    try:
        task.func(*args, **kwargs)
    except BaseException:
        logging.getLogger("host").exception("a task failed")
