"""One log record: the event in it, or the error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber
from opentelemetry.sdk.resources import Resource

from otel.attributes import DELIVERED_SEPARATELY, EXCEPTION_EVENT, POSTHOG_ONLY
from otel.bridge.otlp.decode import decode_attributes, identifier
from otel.envelope import Envelope
from otel.exceptions import BY_HAND, BY_LOGGER, raise_site
from otel.mapping.errors import ErrorRecord
from otel.mapping.from_log import envelope_of_log

__all__ = ["Record", "read_record"]

# The name of an event before the protocol had the field `event_name`; the event's data was then in the body.
_EVENT_NAME = "event.name"

# The semantic conventions require a type or a message.
_DESCRIPTION = ("exception.type", "exception.message", "exception.stacktrace")

# Names of levels for records without a severity number: of log4j, Python, PHP, syslog and others.
_SEVERE_TEXT = re.compile(
    r"(?:err(?:or)?|severe|fatal|crit(?:ical)?|alert|emerg(?:ency)?|panic)\d?", re.IGNORECASE
)

# What the conventions call the events of an operation that an exception has ended: at severity `ERROR` on a
# server (`http.server.request.exception`), and at `WARN` in a client.
_OF_OPERATION = ".exception"
# The scope of the instrumentation that reports exceptions which nobody catches.
_UNCAUGHT = "opentelemetry.instrumentation.exceptions"

# Python's instrumentations that create entry spans. A server that logs an exception which has passed through
# one of them does so outside the span, but the span has recorded it.
_SEEN_BY_ENTRY = re.compile(
    r"[/\\]opentelemetry[/\\]instrumentation[/\\]"
    r"(?:aiohttp_server|asgi|aws_lambda|celery|django|falcon|fastapi|flask|pyramid|starlette|tornado|wsgi)[/\\]"
)


@dataclass(slots=True)
class Record:
    """A log record that may contain an event or an error.

    Args:
        envelope: the record's; its name is `exception` if the record has none.
        severity: the severity number.
        scope: the name of its instrumentation scope.
        is_ours: whether our own pipeline has written it.
    """

    envelope: Envelope
    severity: int
    scope: str
    is_ours: bool

    def error(self) -> ErrorRecord | None:
        """Return the error that the record describes; None if it does not, or if a span has recorded it.

        A log record does not say whether the exception was handled, unless an instrumentation has written it.
        """
        envelope = self.envelope
        attributes = envelope.attributes
        is_outside = not envelope.span_id
        if self.severity < SeverityNumber.SEVERITY_NUMBER_ERROR or not _describes_exception(attributes):
            return None
        if is_outside and _SEEN_BY_ENTRY.search(str(attributes.get("exception.stacktrace", ""))):
            return None
        is_unhandled = (
            str(attributes.get("exception.escaped")).lower() == "true"
            or envelope.name.endswith(_OF_OPERATION)
            or self.severity >= SeverityNumber.SEVERITY_NUMBER_FATAL
            or self.scope == _UNCAUGHT
        )
        hook = BY_HAND if is_unhandled else BY_LOGGER
        described = replace(envelope, name=EXCEPTION_EVENT)
        error = ErrorRecord(described, attributes, False if is_unhandled else None, hook)
        if not is_outside:
            error.raise_site = raise_site(error.exceptions)
        return error


def read_record(message: LogRecord, resource: Resource, scope: str) -> Record | None:
    """Return a log record; None if it has neither an event name nor the severity of an error.

    Args:
        message: the log record.
        resource: the resource of the process that emitted it.
        scope: the name of its instrumentation scope.
    """
    severity = _severity(message)
    may_be_error = severity >= SeverityNumber.SEVERITY_NUMBER_ERROR
    if not (message.event_name or may_be_error or _may_have_name(message)):
        return None
    attributes = decode_attributes(message.attributes)
    is_ours = attributes.get(POSTHOG_ONLY) is True
    if attributes.get(DELIVERED_SEPARATELY) is True and not is_ours:
        return None
    stated = attributes.pop(_EVENT_NAME, "")
    name = message.event_name or (stated if isinstance(stated, str) else "")
    is_exception = may_be_error and _describes_exception(attributes)
    if not name and not is_exception:
        return None
    body = _body(message.body)
    if not is_exception and isinstance(body, Mapping):
        attributes, body = {**body, **attributes}, None
    envelope = envelope_of_log(
        name or EXCEPTION_EVENT,
        attributes,
        message.time_unix_nano or message.observed_time_unix_nano,
        trace_id=identifier(message.trace_id, 16),
        span_id=identifier(message.span_id, 8),
        span_attributes=attributes,
        resource=resource.attributes,
        content=(scope, body, message.observed_time_unix_nano, severity),
    )
    return Record(envelope, severity, scope, is_ours)


def _severity(message: LogRecord) -> int:
    """Return the severity number, or that of `ERROR` if there is only a text that means an error."""
    if not message.severity_number and _SEVERE_TEXT.fullmatch(message.severity_text):
        return SeverityNumber.SEVERITY_NUMBER_ERROR
    return message.severity_number


def _may_have_name(message: LogRecord) -> bool:
    return any(pair.key == _EVENT_NAME for pair in message.attributes[:])


def _describes_exception(attributes: Mapping[str, Any]) -> bool:
    return any(attributes.get(one) for one in _DESCRIPTION)


def _body(body: AnyValue) -> Any:
    """Return a body: a map as attributes are, everything else as it was written."""
    if body.WhichOneof("value") == "kvlist_value":
        return decode_attributes(body.kvlist_value.values)
    return body.SerializeToString(deterministic=True)
