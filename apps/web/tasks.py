"""The task that fails on purpose."""

from __future__ import annotations

from celery import shared_task

__all__ = ["fail"]


@shared_task
def fail() -> None:
    """Raise, to see where a task's errors go."""
    msg = "This task fails on purpose."
    raise RuntimeError(msg)
