"""A third-party span processor, registered after ours, that records the spans it receives."""

from __future__ import annotations

from pathlib import Path

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor


class Witness(SpanProcessor):
    """A span processor that appends ended spans, their sampling decision and the shutdown to a file."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def on_end(self, span: ReadableSpan) -> None:
        assert span.context is not None
        self._write(span.name, "sampled" if span.context.trace_flags.sampled else "recorded")

    def shutdown(self) -> None:
        self._write("", "shut down")

    def _write(self, name: str, what: str) -> None:
        with self._path.open("a") as file:
            file.write(f"{name}\t{what}\n")
