"""For the tests of programs that record events: what arrived, whole and in order."""

from otel.testing.captured import CapturedEvents, capturing

__all__ = ["CapturedEvents", "capturing"]
