"""Resetting an object's state in a forked child, without keeping the object alive."""

from __future__ import annotations

import os
from collections.abc import Callable
from weakref import WeakMethod

__all__ = ["call_in_child"]


def call_in_child(after_fork: Callable[[], None]) -> None:
    """Call a bound method in each child that this process forks, for as long as its object lives.

    Args:
        after_fork: a bound method. Only a weak reference is kept, because `os.register_at_fork` cannot be
            undone.
    """
    if not hasattr(os, "register_at_fork"):  # Windows never forks
        return
    reference = WeakMethod(after_fork)

    def call_if_alive() -> None:
        method = reference()
        if method is not None:
            method()

    os.register_at_fork(after_in_child=call_if_alive)
