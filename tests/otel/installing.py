"""Temporary installation of another pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk.trace import TracerProvider

from otel import Settings, pipeline

__all__ = ["installed"]


@contextmanager
def installed(
    settings: Settings, provider: TracerProvider | None = None, *, waits_for_commit: bool = True
) -> Iterator[pipeline.Pipeline]:
    """Install a pipeline for the block, on the global provider by default.

    A test's own transaction never commits: events inside it are sent only if they do not wait for the commit.
    """
    before = pipeline.running()
    assert before is not None
    on_commit = before.recorder.on_commit if waits_for_commit else None
    try:
        yield pipeline.install(settings, provider=provider, on_commit=on_commit)
    finally:
        pipeline.reinstall(before)
