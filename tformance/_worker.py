"""A Celery worker inside the process that sends tasks, for setups without a broker."""

from __future__ import annotations

import logging
import os
import threading

from celery import Celery
from celery.signals import before_task_publish
from celery.worker import WorkController
from kombu.transport.memory import Channel

__all__ = ["start_with_first_task"]

_log = logging.getLogger(__name__)


def start_with_first_task(app: Celery) -> None:
    """Start a worker in each process that sends a task to an in-memory broker, once per process.

    Args:
        app: the Celery app. If other processes can reach its broker, nothing is started.
    """
    worker = _Worker(app)
    before_task_publish.connect(worker.ensure_running, dispatch_uid="tformance.worker", weak=False)
    if hasattr(os, "register_at_fork"):  # Windows never forks
        os.register_at_fork(after_in_child=worker.forget)


class _Worker:
    """A worker thread that starts with the first task. Thread-safe."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ensure_running(self, **_: object) -> None:
        # Read here because Django's settings are not loaded yet when the app is created.
        if not self._app.conf.broker_url.startswith("memory:"):
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                # A daemon, so that the process can exit. An interrupted sync resumes where it stopped.
                self._thread = threading.Thread(target=self._work, name="celery-worker", daemon=True)
                self._thread.start()

    def forget(self) -> None:
        """Reset the state in a forked child: the thread and the queued tasks stay with the parent."""
        self._lock = threading.Lock()
        self._thread = None
        Channel.queues.clear()

    def _work(self) -> None:
        # Not the worker of Celery's command line, which takes over the process's signals, logs and output.
        worker = WorkController(
            app=self._app,
            # Run tasks in this thread: at exit, Python would wait for a pool's threads and their tasks.
            pool_cls="solo",
            concurrency=1,
            # There are no other workers to talk to.
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        _log.info("tasks run in this process because CELERY_BROKER_URL is not set")
        worker.start()
