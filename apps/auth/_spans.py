"""Keeping what a provider hands over in the address, a code and a state, off the request's span."""

from __future__ import annotations

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan

__all__ = ["hide_query"]


def hide_query() -> None:
    """Cut the query string from what the instrumentation has put on the request's span.

    It redacts few names, and neither of ours; traces go to more people than may hold a code.
    """
    span = trace.get_current_span()
    if isinstance(span, ReadableSpan) and span.is_recording():
        # The names of both generations of the semantic conventions: only those that are there.
        for name in ("http.url", "http.target", "url.full"):
            address = (span.attributes or {}).get(name)
            if isinstance(address, str):
                span.set_attribute(name, address.partition("?")[0])
        if "url.query" in (span.attributes or {}):
            span.set_attribute("url.query", "")
