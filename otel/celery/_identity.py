"""The identity of a task's sender, which travels to the task in a message header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from celery import Task
from opentelemetry import trace

from otel import pipeline
from otel._guard import suppress_internal_errors
from otel.identity import FixedIdentity, Identity, current_identity, enter_identity, leave_identity

__all__ = ["enter", "leave", "send", "sender_of"]

# A separate message header, because baggage would be forwarded to every third party that a task calls.
_HEADER = "otel_identity"


def send(*, headers: dict[str, Any], **_: Any) -> None:
    """Add the current identity to a message; a handler of `before_task_publish`.

    Args:
        headers: of the message.
    """
    with suppress_internal_errors("sending identity with a task"):
        identity = current_identity()
        if identity is not None:
            headers[_HEADER] = identity.as_fields()


def sender_of(headers: Mapping[str, Any]) -> Identity | None:
    """Return the identity that a message contains.

    Args:
        headers: of the message.
    """
    sent = headers.get(_HEADER)
    return Identity(**sent) if sent else None


def enter(*, task: Task[Any, Any], **_: Any) -> None:
    """Enter the identity of a task's sender; a handler of `task_prerun`.

    Args:
        task: about to run.
    """
    with suppress_internal_errors("entering a task's identity"):
        request = task.request
        sent = getattr(request, _HEADER, None)
        sender = sender_of({_HEADER: sent} if sent else request.headers or {})
        if sender is not None:
            request.update({"_otel_entered": enter_identity(FixedIdentity(sender))})
        identity = current_identity()
        if identity is not None:
            trace.get_current_span().set_attributes(pipeline.identity_attributes(identity))


def leave(*, task: Task[Any, Any], **_: Any) -> None:
    """Leave the identity of a task's sender; a handler of `task_postrun`.

    Args:
        task: has run.
    """
    with suppress_internal_errors("leaving a task's identity"):
        entered = getattr(task.request, "_otel_entered", None)
        if entered is not None:
            leave_identity(entered)
