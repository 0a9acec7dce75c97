"""OpenTelemetry's own SDK and exporters, with log records of `logging`, as its documentation sets them up."""

from __future__ import annotations

import logging
import time
import urllib.error
import urllib.request

from opentelemetry import _logs, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.instrumentation.urllib import URLLibInstrumentor
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

__all__ = ["CartError", "call", "end", "load", "log", "refused", "tracer"]

log = logging.getLogger("shop")

_spans, _records = TracerProvider(), LoggerProvider()
_spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
_records.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
trace.set_tracer_provider(_spans)
_logs.set_logger_provider(_records)
logging.getLogger().addHandler(LoggingHandler(logger_provider=_records))
URLLibInstrumentor().instrument()

tracer = trace.get_tracer("shop")


class CartError(Exception):
    """The cart cannot be loaded."""


def load(why: str) -> None:
    """Fail."""
    raise CartError(why)


def refused() -> str:
    """Call a service that is not there, and do without it."""
    try:
        urllib.request.urlopen("http://127.0.0.1:1/", timeout=5)
    except urllib.error.URLError:
        return "try again later"
    return "it answered"


def call(port: int) -> None:
    """Visit each page of a shop on loopback, without a span of the visitor's own."""
    URLLibInstrumentor().uninstrument()
    for page in ("order", "inside", "plainly", "handled", "logged", "missing"):
        _visit(port, page)
    URLLibInstrumentor().instrument()
    _visit(port, "refused")


def _visit(port: int, page: str) -> None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{page}", timeout=10) as answer:
            print(page, answer.status, flush=True)
    except urllib.error.HTTPError as error:
        with error:
            print(page, error.code, flush=True)


def end() -> None:
    """Send what is left, the spans first."""
    time.sleep(0.3)
    _spans.shutdown()
    time.sleep(0.1)
    _records.shutdown()
