"""The exceptions in log records."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from opentelemetry import context as contexts
from opentelemetry._logs import LogRecord
from opentelemetry.context import Context
from opentelemetry.sdk._logs import ReadWriteLogRecord

from otel.exceptions import ExceptionSnapshot, Hook, parse_stacktrace, raise_site
from otel.mapping.from_span import as_dict

__all__ = ["LoggedException", "logged_exception", "loggers_repeat_errors"]

_ERROR = 17  # the lowest severity number of errors (OpenTelemetry's data model of logs)

# The instrumentation that logs exceptions which nobody catches.
_UNCAUGHT = "opentelemetry.instrumentation.exceptions"
_BY_INTERPRETER = Hook("generic", "python.sys_excepthook")
_BY_THREAD = Hook("generic", "python.threading_excepthook")
_BY_EVENT_LOOP = Hook("generic")
# The key of the context under which the loggers stand that only repeat errors.
_REPEATING = contexts.create_key("otel.repeating_loggers")
# The messages of asyncio when an exception's last owner is deleted, at any place of the program.
_NEVER_RETRIEVED = ("Task exception was never retrieved", "Future exception was never retrieved")


class LoggedException(NamedTuple):
    """An exception in a log record.

    Args:
        attributes: its description, in the attributes of the semantic conventions.
        exception: the exception; None if only its description is known.
        hook: the hook that caught it, if nobody else did; None if the program logged it.
        context: the context that the exception belongs to; None for the current one.
    """

    attributes: Mapping[str, Any]
    exception: BaseException | None
    hook: Hook | None
    context: Context | None


def logged_exception(emitted: ReadWriteLogRecord) -> LoggedException | None:
    """Return the exception in a log record with severity `ERROR` or above.

    Args:
        emitted: emitted in this thread.
    """
    record = emitted.log_record
    severity = record.severity_number
    if severity is None or severity.value < _ERROR:
        return None
    attributes = as_dict(record.attributes)
    if record.exception is None and "exception.type" not in attributes:
        return None
    scope = emitted.instrumentation_scope
    repeating = contexts.get_value(_REPEATING, record.context)
    if scope is not None and repeating is not None and scope.name.startswith(str(repeating)):
        return None
    hook = None
    if scope is not None and scope.name == _UNCAUGHT:
        hook = _hook(record)
    exception = record.exception or _handled(attributes)
    return LoggedException(attributes, exception, hook, _context(record, hook))


@contextmanager
def loggers_repeat_errors(prefix: str) -> Iterator[None]:
    """Ignore the exceptions that a framework's own loggers log in the block: they are reported anyway.

    Args:
        prefix: with which the names of the loggers start.
    """
    token = contexts.attach(contexts.set_value(_REPEATING, prefix))
    try:
        yield
    finally:
        contexts.detach(token)


def _hook(record: LogRecord) -> Hook:
    if record.severity_text == "FATAL":
        return _BY_INTERPRETER
    return _BY_THREAD if record.event_name == type(record.exception).__name__ else _BY_EVENT_LOOP


def _context(record: LogRecord, hook: Hook | None) -> Context | None:
    if record.event_name in _NEVER_RETRIEVED:
        return Context()
    if hook is _BY_THREAD:
        # OpenTelemetry's instrumentation keeps the context in which the thread was started.
        context: Context | None = getattr(threading.current_thread(), "_otel_context", None)
        return context
    return record.context


def _handled(attributes: Mapping[str, Any]) -> BaseException | None:
    """Return the exception that is being handled, if it is the one that a description is about."""
    exception = sys.exc_info()[1]
    if exception is None:
        return None
    described = parse_stacktrace(
        str(attributes.get("exception.stacktrace", "")),
        type_name=str(attributes.get("exception.type", "")),
        message=str(attributes.get("exception.message", "")),
    )
    live = ExceptionSnapshot.of(exception)
    return exception if raise_site(described) == raise_site(live.exceptions) else None
