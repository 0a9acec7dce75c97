"""Logging about delivery, rarely enough that an outage of PostHog does not flood the product's log."""

from __future__ import annotations

import logging
from collections.abc import Callable

__all__ = ["ThrottledLogger"]

_log = logging.getLogger("otel.delivery")

# One line a minute keeps an outage visible in any log viewer and costs 1,440 lines a day.
_INTERVAL = 60.0
# Kinds may carry a piece of an answer; a proxy that words each answer differently must not fill the memory.
_MAX_KINDS = 100


class ThrottledLogger:
    """A logger that warns at most once a minute for each kind of message. Thread-safe.

    Callers must not pass payloads or the key.

    Args:
        clock: returns monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._next: dict[str, float] = {}

    def warning(self, kind: str, message: str, *args: object) -> None:
        """Log a warning, unless one of the same kind was logged within the last minute.

        Args:
            kind: identifies messages that count as the same.
            message: a %-format.
            args: the values of the format.
        """
        self._warn(kind, self._clock() + _INTERVAL, message, *args)

    def once_per_process(self, kind: str, message: str, *args: object) -> None:
        """Log a warning once, for a cause that lasts until an operator acts.

        Args:
            kind: identifies messages that count as the same.
            message: a %-format.
            args: the values of the format.
        """
        self._warn(kind, float("inf"), message, *args)

    def _warn(self, kind: str, until: float, message: str, *args: object) -> None:
        if self._clock() < self._next.get(kind, float("-inf")):
            return
        if len(self._next) >= _MAX_KINDS:
            self._next.clear()
        self._next[kind] = until
        _log.warning(message, *args)
