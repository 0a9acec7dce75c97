"""Destinations of events in a benchmark: discarded, or counted by an inspector in its own process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel.envelope import Capture
from otel.inspector.running import RunningInspector

__all__ = ["Nowhere", "NowhereExporter", "discarding_inspector"]


class Nowhere:
    """A sink that discards captures and reports them as delivered."""

    def deliver(self, captures: Sequence[Capture], deadline: float | None = None) -> tuple[()]:  # noqa: ARG002
        """Discard captures.

        Args:
            captures: mapped captures.
            deadline: unused.
        """
        return ()

    def interrupt(self, deadline: float) -> None:
        """Do nothing: `deliver` returns immediately."""

    def close(self) -> None:
        """Do nothing: there are no resources to release."""


class NowhereExporter(SpanExporter):
    """A span exporter that discards spans, in place of the SREs' exporter behind its queue."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002 - discarded
        """Discard spans.

        Args:
            spans: ended spans.
        """
        return SpanExportResult.SUCCESS


@contextmanager
def discarding_inspector() -> Iterator[RunningInspector]:
    """Run an inspector in its own process that decodes and counts events but does not keep them."""
    command = [sys.executable, "-m", "otel.inspector", "--port", "0", "--discard"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline() if process.stdout is not None else ""
            address = urlsplit(said.split()[-1])
            yield RunningInspector(address.hostname or "127.0.0.1", address.port or 0)
        finally:
            process.terminate()
