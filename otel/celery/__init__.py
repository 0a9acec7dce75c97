"""Celery integration: passes identity to tasks, reports failures, and flushes when workers exit."""

from __future__ import annotations

from typing import Any

from celery import signals
from opentelemetry.instrumentation.celery import CeleryInstrumentor

from otel import pipeline
from otel._guard import suppress_internal_errors
from otel.celery._failures import see_failures
from otel.celery._identity import enter, leave, send
from otel.celery._lost import report_lost_tasks
from otel.traces import flush_traces

__all__ = ["instrument"]

_UID = "otel.celery"


def instrument() -> None:
    """Instrument Celery and pass identity to tasks; call this where the Celery app is created."""
    instrumentor = CeleryInstrumentor()  # type: ignore[no-untyped-call]  # contrib leaves it unannotated
    if not instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.instrument()
    # Connected after the instrumentation's own handlers, which start and end the task's span.
    signals.before_task_publish.connect(send, dispatch_uid=_UID, weak=False)
    signals.task_prerun.connect(enter, dispatch_uid=_UID, weak=False)
    signals.task_postrun.connect(leave, dispatch_uid=_UID, weak=False)
    see_failures()
    report_lost_tasks()
    # A prefork child exits without running `atexit` (`otel.md` section 4).
    signals.worker_process_shutdown.connect(_flush, dispatch_uid=_UID, weak=False)
    signals.worker_shutdown.connect(_flush, dispatch_uid=_UID, weak=False)


def _flush(**_: Any) -> None:
    with suppress_internal_errors("flushing when a worker exits"):
        pipeline.flush()
        flush_traces()
