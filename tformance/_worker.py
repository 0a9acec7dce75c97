"""A Celery worker inside the process that sends tasks, for where there is no broker."""

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
    """Let each process that sends a task into its own memory start a worker there, once.

    Args:
        app: with a broker that other processes reach, nothing is started.
    """
    worker = _Worker(app)
    before_task_publish.connect(worker.ensure_running, dispatch_uid="tformance.worker", weak=False)
    if hasattr(os, "register_at_fork"):  # Windows never forks
        os.register_at_fork(after_in_child=worker.forget)


class _Worker:
    def __init__(self, app: Celery) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ensure_running(self, **_: object) -> None:
        # Asked now: when the app is made, Django's settings are not there yet.
        if not self._app.conf.broker_url.startswith("memory:"):
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                # A daemon: no process waits for it at its end. A sync that dies so goes on where it stopped.
                self._thread = threading.Thread(target=self._work, name="celery-worker", daemon=True)
                self._thread.start()

    def forget(self) -> None:
        """Begin anew in a forked child: threads stay behind, and what is queued is the parent's to do."""
        self._lock = threading.Lock()
        self._thread = None
        Channel.queues.clear()

    def _work(self) -> None:
        # Not the worker of Celery's command line, which takes over the process's signals, logs and output.
        worker = WorkController(
            app=self._app,
            # In this thread: Python would wait for a pool's threads, and with them for a task, at its end.
            pool_cls="solo",
            concurrency=1,
            # There is nobody else to talk to.
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        _log.info("tasks run in this process: there is no CELERY_BROKER_URL")
        worker.start()
