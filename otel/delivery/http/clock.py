"""The clocks that delivery reads and waits on, replaceable in tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Clock"]


@dataclass(frozen=True, slots=True)
class Clock:
    """The time, and waiting.

    Args:
        monotonic: returns seconds; deadlines are on this clock.
        wall: returns seconds since 1970.
        wait: waits for an event for at most a number of seconds.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    wait: Callable[[threading.Event, float], object] = threading.Event.wait
