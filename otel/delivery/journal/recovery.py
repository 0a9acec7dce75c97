"""Delivering what other processes left in the journal, and what this one could not deliver at first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from otel._fork import call_in_child
from otel._guard import suppress_internal_errors
from otel.delivery.journal.journal import Journal
from otel.selecting import SelectedSpan

__all__ = ["JournalRecovery"]

# After a start, when the product has more urgent things to do, and between looks at the folder: one lists a
# few files.
_FIRST = 1.0
_INTERVAL = 5.0
# While PostHog is away, a post of one batch a minute at most.
_LONGEST = 60.0
# OpenTelemetry's own default for a batch.
_BATCH = 512
# At the end a thread that waits for PostHog is broken off by then.
_JOIN = 1.0


class JournalRecovery:
    """Look for segments that nobody holds, from time to time, in a thread of its own.

    Args:
        journal: whose segments.
        deliver: maps and delivers spans, and accounts for their lines.
    """

    def __init__(self, journal: Journal, deliver: Callable[[Sequence[SelectedSpan]], object]) -> None:
        self._journal = journal
        self._deliver = deliver
        self._thread: threading.Thread | None = None
        self._has_looked = False
        self._ending = threading.Event()
        call_in_child(self._after_fork)

    def start(self) -> None:
        """Begin, unless it has begun; the events must be declared by now, or they are rejected."""
        if self._thread is None and not self._ending.is_set():
            self._thread = threading.Thread(target=self._run, name="otel-posthog-journal", daemon=True)
            with suppress_internal_errors("starting a thread", RuntimeError):
                self._thread.start()

    def stop(self) -> None:
        """Tell it to end; whoever interrupts deliveries makes that soon."""
        self._ending.set()

    def finish(self, seconds: float) -> None:
        """Let a process that was too short to look once do so, as long as there is time.

        Args:
            seconds: that are left.
        """
        if self._thread is not None and not self._has_looked:
            self._thread.join(max(seconds, 0.0))

    def join(self) -> None:
        """Wait until it has ended, not for long."""
        if self._thread is not None:
            self._thread.join(_JOIN)

    def _run(self) -> None:
        pause = _FIRST
        while not self._ending.wait(pause):
            failed_deliveries = self._journal.failed_deliveries
            with suppress_internal_errors("adopting what is left in the journal"):
                self._adopt(failed_deliveries, self._ending)
            self._has_looked = True
            has_failed = self._journal.failed_deliveries > failed_deliveries
            pause = min(max(pause, _INTERVAL) * 2, _LONGEST) if has_failed else _INTERVAL
        if not self._has_looked and not self._journal.failed_deliveries:
            with suppress_internal_errors("adopting what is left in the journal"):
                self._adopt(0, threading.Event())

    def _adopt(self, failed_deliveries: int, ending: threading.Event) -> None:
        """Deliver segment by segment, until one batch fails: the others would meet the same."""
        for spans in self._journal.adopt():
            for start in range(0, len(spans), _BATCH):
                if ending.is_set() or self._journal.failed_deliveries > failed_deliveries:
                    for span in spans[start:]:
                        self._journal.wait(span)
                    return
                self._deliver(spans[start : start + _BATCH])
            if ending.is_set() or self._journal.failed_deliveries > failed_deliveries:
                return

    def _after_fork(self) -> None:
        """Go on in a forked child, where no thread of its parent lives on."""
        was_running = self._thread is not None and not self._ending.is_set()
        self._ending, self._thread, self._has_looked = threading.Event(), None, False
        if was_running:
            self.start()
