"""A program without Django and PostHog, which uses only OpenTelemetry's API."""

from __future__ import annotations

import sys

from opentelemetry import trace

tracer = trace.get_tracer("shop")

with tracer.start_as_current_span("checkout") as span:
    span.add_event("order_placed", {"amount": 12.5, "currency": "EUR", "user.id": "person-anna"})
    span.add_event("cart_viewed", {"items": 3})
    if "fail" in sys.argv:
        msg = "out of stock"
        raise LookupError(msg)

print("recorded" if span.get_span_context().is_valid else "not recorded")
