"""Mapping envelopes to captures: pure functions, a step a file, put together in `Mapper`."""

from otel.envelope import Capture, Envelope, Reject
from otel.mapping.mapper import Mapper

__all__ = ["Capture", "Envelope", "Mapper", "Reject"]
