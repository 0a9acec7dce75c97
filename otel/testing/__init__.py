"""Test kit for programs that record events: captures of the events, complete and in order."""

from otel.testing.captured import CapturedEvents, capturing

__all__ = ["CapturedEvents", "capturing"]
