"""A program without our code, which emits an event with OpenTelemetry's Logs API."""

from __future__ import annotations

from opentelemetry import _logs, trace

if __name__ == "__main__":
    with trace.get_tracer("shop").start_as_current_span("checkout") as checkout:
        checkout.set_attribute("user.id", "person-anna")
        _logs.get_logger("shop").emit(event_name="order_placed", attributes={"amount": 12.5})
