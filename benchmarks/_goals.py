"""The numbers to reach: each goal by the text of its row, in the order of the page."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from benchmarks._result import Wanted, at_least, at_most

__all__ = ["GOALS"]

GOALS: Final[Mapping[str, Wanted]] = MappingProxyType(
    {
        "CPU of capture() to record()": at_least(6, "at least 6 x"),
        "record() to a bare add_event with the same attributes": at_most(1.35, "at most 1.35 x"),
        "capture() to record() with the journal, one on a span": at_least(4, "at least 4 x"),
        "a Django request with one event to plain OpenTelemetry's, CPU in its thread": at_most(
            1.12, "at most 1.12 x"
        ),
        "the same to plain OpenTelemetry that writes the same attributes": at_most(1.06, "at most 1.06 x"),
        "the same with ten client spans to plain OpenTelemetry's": at_most(1.10, "at most 1.10 x"),
        "export to the SDK's capture and drain": at_least(10, "at least 10 x"),
        "CPU of the floor to export": at_least(0.28, "at least 0.28 x"),
        "CPU of the export thread through the Collector, to November's direct": at_most(1.0, "at most 1.0 x"),
        "CPU of one bridge, to November's": at_most(0.67, "at most 0.67 x"),
        "the Collector, CPU a span (traces and events)": at_most(80, "at most 80 µs"),
    }
)
