"""Exceptions whose text or pickling is unusual."""

from __future__ import annotations

import threading
from itertools import count

_asked = count()


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
