"""Where an error was caught: PostHog's name for the hook, and the type of its mechanism."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind

__all__ = ["BY_HAND", "Hook", "hook_of"]


class Hook(NamedTuple):
    """What caught an error.

    Args:
        mechanism: how PostHog classes it, `mechanism.type` of the outermost exception.
        source: `$exception_source`, the technology and its hook; None for what PostHog has no name for.
    """

    mechanism: str
    source: str | None = None


BY_HAND = Hook("generic")
"""A developer recorded it, or no framework is known to have caught it."""

# By the last part of the instrumentation scope's name. The sources are those of PostHog's own integrations
# (posthog-python 7.91, `posthog/integrations/`) and of its specification for SDKs (`wire.md` section 2.1).
_BY_SCOPE: Mapping[str, Hook] = MappingProxyType(
    {
        "asgi": Hook("middleware", "asgi.middleware"),
        "celery": Hook("task", "celery.task_failure"),
        "django": Hook("middleware", "django.middleware"),
        "fastapi": Hook("middleware", "fastapi.exception_handler"),
        "flask": Hook("middleware", "flask.got_request_exception"),
        "starlette": Hook("middleware", "asgi.middleware"),
    }
)
_BY_KIND: Mapping[SpanKind, Hook] = MappingProxyType(
    {SpanKind.SERVER: Hook("middleware"), SpanKind.CONSUMER: Hook("task")}
)
# Scopes of Python: another language's `flask` would be another framework.
_PYTHON = ("opentelemetry.instrumentation.", "otel.")


def hook_of(entry: ReadableSpan) -> Hook:
    """Return what caught the error that ended a request, a task or a script.

    Args:
        entry: its span.
    """
    scope = entry.instrumentation_scope.name if entry.instrumentation_scope is not None else ""
    known = _BY_SCOPE.get(scope.rpartition(".")[2]) if scope.startswith(_PYTHON) else None
    return known or _BY_KIND.get(entry.kind, BY_HAND)
