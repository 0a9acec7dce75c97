"""Mapping of envelopes to captures: pure functions, one file per step, combined in `Mapper`."""

from otel.mapping.mapper import Mapper

__all__ = ["Mapper"]
