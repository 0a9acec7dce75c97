"""Traces for SREs: spans that are exported in addition to PostHog's events, without secrets and values."""

from otel.traces.exporter import ScrubbingSpanExporter
from otel.traces.marking import mark_otlp_exporters
from otel.traces.scrubber import Scrubber
from otel.traces.setup import flush_traces, scrub_exporters, send_traces

__all__ = [
    "Scrubber",
    "ScrubbingSpanExporter",
    "flush_traces",
    "mark_otlp_exporters",
    "scrub_exporters",
    "send_traces",
]
