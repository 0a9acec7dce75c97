"""Celery integration: passes identity to tasks, ignores expected failures, and flushes when workers exit."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from celery import Task, signals
from opentelemetry import trace
from opentelemetry.instrumentation.celery import CeleryInstrumentor

from otel import pipeline
from otel._guard import suppress_internal_errors
from otel.identity import FixedIdentity, Identity, current_identity, enter_identity, leave_identity
from otel.traces import flush_traces

__all__ = ["instrument"]

# A separate message header, because baggage would be forwarded to every third party that a task calls.
_HEADER = "otel_identity"

_UID = "otel.celery"


def instrument() -> None:
    """Instrument Celery and pass identity to tasks; call this where the Celery app is created."""
    instrumentor = CeleryInstrumentor()  # type: ignore[no-untyped-call]  # contrib leaves it unannotated
    if not instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.instrument()
    # Connected after the instrumentation's own handlers, which start and end the task's span.
    signals.before_task_publish.connect(_send, dispatch_uid=_UID, weak=False)
    signals.task_prerun.connect(_enter, dispatch_uid=_UID, weak=False)
    signals.task_postrun.connect(_leave, dispatch_uid=_UID, weak=False)
    signals.task_failure.connect(_failed, dispatch_uid=_UID, weak=False)
    # A prefork child exits without running `atexit` (`otel.md` section 4).
    signals.worker_process_shutdown.connect(_flush, dispatch_uid=_UID, weak=False)
    signals.worker_shutdown.connect(_flush, dispatch_uid=_UID, weak=False)


def _send(*, headers: dict[str, Any], **_: Any) -> None:
    with suppress_internal_errors("sending identity with a task"):
        identity = current_identity()
        if identity is not None:
            mappings = {"groups": dict(identity.groups), "span_attributes": dict(identity.span_attributes)}
            headers[_HEADER] = {**asdict(replace(identity, groups={}, span_attributes={})), **mappings}


def _enter(*, task: Task[Any, Any], **_: Any) -> None:
    with suppress_internal_errors("entering a task's identity"):
        sent = getattr(task.request, _HEADER, None) or (task.request.headers or {}).get(_HEADER)
        if sent:
            source = FixedIdentity(Identity(**sent))
            task.request.update({"_otel_entered": enter_identity(source)})
        identity = current_identity()
        if identity is not None:
            trace.get_current_span().set_attributes(pipeline.identity_attributes(identity))


def _leave(*, task: Task[Any, Any], **_: Any) -> None:
    with suppress_internal_errors("leaving a task's identity"):
        entered = getattr(task.request, "_otel_entered", None)
        if entered is not None:
            leave_identity(entered)


def _failed(*, sender: Task[Any, Any], exception: BaseException, **_: Any) -> None:
    """Mark an exception in the task's `throws` as expected; the instrumentation records it as an error."""
    with suppress_internal_errors("checking a task's failure"):
        # A worker passes billiard's wrapper of the exception.
        raised = getattr(exception, "exc", exception)
        if isinstance(raised, tuple(sender.throws or ())):
            pipeline.mark_expected(trace.get_current_span().get_span_context().span_id)


def _flush(**_: Any) -> None:
    with suppress_internal_errors("flushing when a worker exits"):
        pipeline.flush()
        flush_traces()
