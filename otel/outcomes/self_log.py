"""Logging about delivery itself, seldom enough that an outage of PostHog does not flood the product's log."""

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
    """Warn at most once a minute for each kind of message; callers pass neither payloads nor the key.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._next: dict[str, float] = {}

    def warning(self, kind: str, message: str, *args: object) -> None:
        """Log a warning, unless one of its kind was logged within the minute.

        Args:
            kind: what makes two messages the same.
            message: a format for the arguments.
            args: what the message names.
        """
        self._warn(kind, self._clock() + _INTERVAL, message, *args)

    def once_per_process(self, kind: str, message: str, *args: object) -> None:
        """Log a warning whose cause lasts until a person acts, once in the life of the process.

        Args:
            kind: what makes two messages the same.
            message: a format for the arguments.
            args: what the message names.
        """
        self._warn(kind, float("inf"), message, *args)

    def _warn(self, kind: str, until: float, message: str, *args: object) -> None:
        if self._clock() < self._next.get(kind, float("-inf")):
            return
        if len(self._next) >= _MAX_KINDS:
            self._next.clear()
        self._next[kind] = until
        _log.warning(message, *args)
