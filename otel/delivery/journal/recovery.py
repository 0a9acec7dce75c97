"""Delivering what other processes left in the journal, and what this process could not deliver at first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from otel._fork import call_in_child
from otel._guard import suppress_internal_errors
from otel.delivery.journal.journal import Journal, NullJournal
from otel.selecting import SelectedSpan

__all__ = ["JournalRecovery"]

# Seconds before the first scan, because the product has more urgent work at its start, and between scans,
# which list a few files.
_FIRST = 1.0
_INTERVAL = 5.0
# While PostHog is down, at most one batch per minute is tried.
_LONGEST = 60.0
# OpenTelemetry's own default for a batch.
_BATCH = 512
# Seconds to wait for the thread at the end; its requests are aborted before that.
_JOIN = 1.0


class JournalRecovery:
    """A thread that scans the journal for segments that no process holds. Confined to its exporter.

    Args:
        journal: the journal; nothing is started if it is off.
        deliver: maps and delivers spans, and settles their lines.
    """

    def __init__(
        self, journal: Journal | NullJournal, deliver: Callable[[Sequence[SelectedSpan]], object]
    ) -> None:
        self._journal = journal
        self._deliver = deliver
        self._thread: threading.Thread | None = None
        self._has_scanned = False
        self._ending = threading.Event()
        call_in_child(self._after_fork)

    def start(self) -> None:
        """Start, unless started; the events must be declared by now, or they are rejected."""
        if self._journal.is_on and self._thread is None and not self._ending.is_set():
            self._thread = threading.Thread(target=self._run, name="otel-posthog-journal", daemon=True)
            with suppress_internal_errors("starting a thread", RuntimeError):
                self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end, without waiting for it."""
        self._ending.set()

    def finish(self, seconds: float) -> None:
        """Wait for the first scan, so that short-lived processes scan at least once.

        Args:
            seconds: the longest time to wait.
        """
        if self._thread is not None and not self._has_scanned:
            self._thread.join(max(seconds, 0.0))

    def join(self) -> None:
        """Wait for the thread to end, for at most a second."""
        if self._thread is not None:
            self._thread.join(_JOIN)

    def _run(self) -> None:
        pause = _FIRST
        while not self._ending.wait(pause):
            failed_deliveries = self._journal.failed_deliveries
            with suppress_internal_errors("recovering spans from the journal"):
                self._adopt(failed_deliveries, self._ending)
            self._has_scanned = True
            has_failed = self._journal.failed_deliveries > failed_deliveries
            pause = min(max(pause, _INTERVAL) * 2, _LONGEST) if has_failed else _INTERVAL
        if not self._has_scanned and not self._journal.failed_deliveries:
            with suppress_internal_errors("recovering spans from the journal"):
                self._adopt(0, threading.Event())

    def _adopt(self, failed_deliveries: int, ending: threading.Event) -> None:
        """Deliver segment by segment until a batch fails: the next ones would fail as well."""
        for spans in self._journal.adopt():
            for start in range(0, len(spans), _BATCH):
                if ending.is_set() or self._journal.failed_deliveries > failed_deliveries:
                    for span in spans[start:]:
                        self._journal.defer(span)
                    return
                self._deliver(spans[start : start + _BATCH])
            if ending.is_set() or self._journal.failed_deliveries > failed_deliveries:
                return

    def _after_fork(self) -> None:
        """Start a new thread in a forked child, where the parent's threads do not exist."""
        was_running = self._thread is not None and not self._ending.is_set()
        self._ending, self._thread, self._has_scanned = threading.Event(), None, False
        if was_running:
            self.start()
