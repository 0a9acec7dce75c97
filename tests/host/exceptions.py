"""Exceptions whose text or pickling is unusual, and what is not an `Exception`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from itertools import count

_asked = count()

# What can leave a view that is not an `Exception`.
ENDS: dict[str, Callable[[], BaseException]] = {
    "exit": lambda: SystemExit(1),
    "exit_with_a_message": lambda: SystemExit("out of order"),
    "exit_regularly": SystemExit,
    "interrupt": KeyboardInterrupt,
    "cancel": asyncio.CancelledError,
    "close": GeneratorExit,
    "group": lambda: BaseExceptionGroup("several", [KeyboardInterrupt(), ValueError("one")]),
}


class UnspeakableError(Exception):
    def __str__(self) -> str:
        msg = "not to be spoken of"
        raise RuntimeError(msg)


class ChangingError(Exception):
    def __str__(self) -> str:
        return f"asked {next(_asked)} times"


class NeedsTwoError(Exception):
    """An exception that pickle cannot make again."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first}, {second}")


class HoldsLockError(Exception):
    """An exception that pickle cannot take."""

    def __init__(self) -> None:
        super().__init__("locked")
        self.lock = threading.Lock()
