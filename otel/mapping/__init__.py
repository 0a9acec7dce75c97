"""Mapping envelopes to captures: pure functions, a step a file, put together in `Mapper`."""

from otel.mapping._mapper import Mapper
from otel.mapping.envelope import Capture, Envelope, Reject

__all__ = ["Capture", "Envelope", "Mapper", "Reject"]
