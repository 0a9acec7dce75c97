"""Hooks that catch errors: PostHog's name for each hook, and the type of its mechanism."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind

__all__ = ["BY_HAND", "BY_LOGGER", "Hook", "hook_of"]


class Hook(NamedTuple):
    """The hook that caught an error.

    Args:
        mechanism: PostHog's class of hook, `mechanism.type` of the outermost exception.
        source: `$exception_source`, the technology and its hook; None if PostHog has no name for it.
    """

    mechanism: str
    source: str | None = None


BY_HAND = Hook("generic")
"""The hook of an error that a developer recorded, or that no known framework caught."""

BY_LOGGER = Hook("logger")
"""The hook of an error that was only logged."""

# By the last part of the instrumentation scope's name. The sources come from PostHog's own integrations
# (posthog-python 7.91, `posthog/integrations/`) and its specification for SDKs (`wire.md` section 2.1).
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
# Python scopes: `flask` in another language would be another framework.
_PYTHON = ("opentelemetry.instrumentation.", "otel.")


def hook_of(entry: ReadableSpan) -> Hook:
    """Return the hook that caught the error that ended a request, a task or a script.

    Args:
        entry: the span of the request, task or script.
    """
    scope = entry.instrumentation_scope.name if entry.instrumentation_scope is not None else ""
    known = _BY_SCOPE.get(scope.rpartition(".")[2]) if scope.startswith(_PYTHON) else None
    return known or _BY_KIND.get(entry.kind, BY_HAND)
