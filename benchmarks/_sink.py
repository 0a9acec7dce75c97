"""Where events go in a benchmark: nowhere, or to an inspector in a process of its own that keeps none."""

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
    """Take captures as delivered, and forget them."""

    def deliver(self, captures: Sequence[Capture], deadline: float | None = None) -> tuple[()]:  # noqa: ARG002
        """Forget captures.

        Args:
            captures: mapped.
            deadline: unused.
        """
        return ()

    def interrupt(self, deadline: float) -> None:
        """Do nothing: nothing takes time here."""

    def close(self) -> None:
        """Do nothing: nothing is open."""


class NowhereExporter(SpanExporter):
    """Be what the SREs' exporter is to a request's thread: something behind a queue."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002 - thrown away
        """Forget spans.

        Args:
            spans: ended.
        """
        return SpanExportResult.SUCCESS


@contextmanager
def discarding_inspector() -> Iterator[RunningInspector]:
    """Run an inspector that decodes and counts events and keeps none, on the other core."""
    command = [sys.executable, "-m", "otel.inspector", "--port", "0", "--discard"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline() if process.stdout is not None else ""
            address = urlsplit(said.split()[-1])
            yield RunningInspector(address.hostname or "127.0.0.1", address.port or 0)
        finally:
            process.terminate()
