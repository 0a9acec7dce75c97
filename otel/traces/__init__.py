"""Traces for SREs: spans that are exported in addition to PostHog's events, without secrets and values."""

from otel.traces._url_templates import register_url_templates
from otel.traces.exporter import ScrubbingSpanExporter
from otel.traces.setup import flush_traces, scrub_exporters, send_traces

__all__ = [
    "ScrubbingSpanExporter",
    "flush_traces",
    "register_url_templates",
    "scrub_exporters",
    "send_traces",
]
