"""Recordings of exceptions as OpenTelemetry makes them."""

from __future__ import annotations

from typing import NamedTuple

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

from otel.exceptions import ExceptionInfo, parse_stacktrace

_tracer = TracerProvider(shutdown_on_exit=False).get_tracer("tests")


class Recorded(NamedTuple):
    type_name: str
    message: str
    stacktrace: str

    def parsed(self) -> tuple[ExceptionInfo, ...]:
        return parse_stacktrace(self.stacktrace, type_name=self.type_name, message=self.message)


def recorded(exc: BaseException) -> Recorded:
    span = _tracer.start_span("test")
    span.record_exception(exc)
    assert isinstance(span, ReadableSpan)
    attributes = span.events[0].attributes
    assert attributes is not None
    return Recorded(
        str(attributes["exception.type"]),
        str(attributes["exception.message"]),
        str(attributes["exception.stacktrace"]),
    )
