"""A program that exports the same spans, with the same ids and times, in each run."""

from __future__ import annotations

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from otel import PostHogSpanExporter

_TRACE_ID = 0x4BF92F3577B34DA6A3CE929D0E0E4736
_BEGAN = 1_760_000_000_000_000_000

_ERROR = {
    "exception.type": "LookupError",
    "exception.message": "out of stock",
    "exception.stacktrace": """Traceback (most recent call last):
  File "shop.py", line 7, in sell
LookupError: out of stock
""",
}


def _span(number: int) -> ReadableSpan:
    began = _BEGAN + number
    # Two events that differ only in their ordinal, and one error.
    events = [
        Event("order_placed", {"number": number}, began),
        Event("order_placed", {"number": number}, began),
        Event("exception", _ERROR, began),
    ]
    return ReadableSpan(
        name="checkout",
        context=SpanContext(_TRACE_ID, number, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED)),
        attributes={"user.id": "person-anna"},
        events=events,
        kind=SpanKind.SERVER,
        status=Status(StatusCode.ERROR),
        start_time=began,
        end_time=began + 1,
    )


if __name__ == "__main__":
    exporter = PostHogSpanExporter()
    result = exporter.export([_span(number) for number in range(1, 4)])
    exporter.shutdown()
    assert result is SpanExportResult.SUCCESS
