"""Renewing an object's state in a forked child, without keeping the object alive."""

from __future__ import annotations

import os
from collections.abc import Callable
from weakref import WeakMethod

__all__ = ["call_in_child"]


def call_in_child(method: Callable[[], None]) -> None:
    """Call a bound method in each child that this process forks, for as long as its object lives.

    Args:
        method: a bound method; `os.register_at_fork` cannot be undone, so only a weak reference is kept.
    """
    if not hasattr(os, "register_at_fork"):  # Windows never forks
        return
    reference = WeakMethod(method)

    def renew() -> None:
        alive = reference()
        if alive is not None:
            alive()

    os.register_at_fork(after_in_child=renew)
