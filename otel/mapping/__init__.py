"""Mapping envelopes to captures: pure functions, a step a file, put together in `Mapper`."""

from otel.mapping.mapper import Mapper

__all__ = ["Mapper"]
