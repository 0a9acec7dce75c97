"""The background task that runs one repository's sync."""

from __future__ import annotations

from typing import Any

from celery import Task, shared_task

from apps.integrations.sync.worker import proceed

__all__ = ["sync_repository"]


# Unlimited here, because `proceed` decides how often a run waits.
@shared_task(name="apps.integrations.tasks.sync_repository", bind=True, max_retries=None)
def sync_repository(self: Task[Any, Any], run_pk: int) -> None:
    """Continue a sync; if it must wait for GitHub, retry later instead of blocking a worker.

    Args:
        self: the task.
        run_pk: the primary key of the `SyncRun`.
    """
    resumes_at = proceed(run_pk)
    if resumes_at is not None:
        raise self.retry(eta=resumes_at)
