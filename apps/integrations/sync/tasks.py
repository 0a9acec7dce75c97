"""The background task that carries on with one repository's sync."""

from __future__ import annotations

from typing import Any

from celery import Task, shared_task

from apps.integrations.sync.worker import proceed

__all__ = ["sync_repository"]


# How often it goes on is decided there, by what happens in between.
@shared_task(name="apps.integrations.tasks.sync_repository", bind=True, max_retries=None)
def sync_repository(self: Task[Any, Any], run_pk: int) -> None:
    """Go on with a sync; where GitHub makes it wait, no worker does.

    Args:
        self: the task.
        run_pk: the `SyncRun`.
    """
    resumes_at = proceed(run_pk)
    if resumes_at is not None:
        raise self.retry(eta=resumes_at)
