"""A task that fails on purpose."""

from __future__ import annotations

from celery import shared_task

__all__ = ["fail"]


@shared_task
def fail() -> None:
    """Raise an exception, to check where a task's errors are reported."""
    msg = "This task fails on purpose."
    raise RuntimeError(msg)
