"""Capturing of the events that the pipeline would deliver, in the test's own process and without waiting."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import overload

from otel import pipeline
from otel._guard import raise_internal_errors
from otel.envelope import Capture
from otel.events import Event, Registry, default_registry
from otel.settings import Settings

__all__ = ["CapturedEvents", "capturing"]


class CapturedEvents(Sequence[Capture]):
    """The captures so far, in the order in which their events were recorded or their spans ended.

    Reading the sequence first delivers the queued events, and runs the functions that wait for the commit of
    the test's own outermost transaction, which never commits. Thread-safe: the exporter's thread only
    appends.
    """

    def __init__(self) -> None:
        self._captures: list[Capture] = []

    def deliver(self, captures: Sequence[Capture], deadline: float | None = None) -> tuple[()]:  # noqa: ARG002
        """Accept captures from the exporter.

        Args:
            captures: the mapped captures.
            deadline: unused, because nothing is sent.
        """
        self._captures.extend(captures)
        return ()

    def interrupt(self, deadline: float) -> None:
        """Do nothing: delivery does not block."""

    def close(self) -> None:
        """Do nothing: there isn't a connection to close."""

    def named(self, name: str) -> list[Capture]:
        """Return the captures of one event.

        Args:
            name: the event's name.
        """
        return [capture for capture in self if capture.event == name]

    def of(self, event: type[Event]) -> list[Capture]:
        """Return the captures of one declared event.

        Args:
            event: the event's class.
        """
        return self.named(event.event_name)

    def clear(self) -> None:
        """Forget the captures so far."""
        self._settle()
        self._captures.clear()

    @overload
    def __getitem__(self, index: int) -> Capture: ...
    @overload
    def __getitem__(self, index: slice) -> list[Capture]: ...
    def __getitem__(self, index: int | slice) -> Capture | list[Capture]:
        self._settle()
        return self._captures[index]

    def __len__(self) -> int:
        self._settle()
        return len(self._captures)

    def __repr__(self) -> str:
        return f"CapturedEvents({[capture.event for capture in self]})"

    def _settle(self) -> None:
        _commit_test_transaction()
        pipeline.flush()


@contextmanager
def capturing(
    settings: Settings | None = None, registry: Registry = default_registry
) -> Iterator[CapturedEvents]:
    """Install a pipeline that captures events instead of sending them; internal errors and misuse raise.

    Args:
        settings: the settings of the pipeline; those of the running pipeline by default.
        registry: the declared events.
    """
    running = pipeline.running()
    base = settings or (running.settings if running is not None else Settings())
    captured = CapturedEvents()
    before = raise_internal_errors(True)
    pipeline.install(
        base.replace(strict=True),
        registry=registry,
        sink=captured,
        on_commit=running.recorder.on_commit if running is not None else None,
        url_templates=running.url_templates if running is not None else (),
    )
    try:
        yield captured
    finally:
        raise_internal_errors(before)
        if running is None:
            pipeline.install(Settings())
        else:
            pipeline.reinstall(running)


def _commit_test_transaction() -> None:
    """Run the functions that wait for a commit, if only the test case's own transaction is open."""
    if "django.db" not in sys.modules:
        return
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        if len(connection.savepoint_ids) > 0 or not connection.in_atomic_block:
            continue
        waiting, connection.run_on_commit = connection.run_on_commit, []
        for one in waiting:
            one[1]()
