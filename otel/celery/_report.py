"""Errors of tasks whose own span cannot carry them, because it has ended or never began."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind, StatusCode

from otel import pipeline
from otel.attributes import TASK_NAME
from otel.celery._identity import sender_of

__all__ = ["report"]

_tracer = trace.get_tracer("otel.celery")


def report(
    name: str, task_id: str, headers: Mapping[str, Any], error: BaseException, started_at: float = 0
) -> None:
    """Report an error on a span like the one of the instrumentation, about the task's sender.

    Args:
        name: of the task.
        task_id: of the message.
        headers: of the message.
        error: ended the task.
        started_at: seconds since the epoch; 0 if unknown.
    """
    sender = sender_of(headers)
    about = {} if sender is None else pipeline.identity_attributes(sender)
    attributes = {TASK_NAME: name, "celery.state": "FAILURE", "messaging.message.id": task_id}
    with _tracer.start_as_current_span(
        f"run/{name}",
        propagate.extract(headers),
        SpanKind.CONSUMER,
        {**attributes, **about},
        start_time=int(started_at * 1e9) or None,
    ) as span:
        span.record_exception(error, escaped=True)
        span.set_status(StatusCode.ERROR)
