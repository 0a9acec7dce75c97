"""Somebody who does something at the very instant at which another does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

__all__ = ["rival"]


@contextmanager
def rival(
    act: Callable[[], object], is_moment: Callable[[str], bool], *, after: bool = False
) -> Iterator[None]:
    """Have somebody act once within the block, which has to come to that moment.

    Args:
        act: what they do.
        is_moment: whether a statement is the one; the first counts.
        after: whether they act right after it, not before.
    """
    has_come = False

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        nonlocal has_come
        is_now = not has_come and is_moment(sql)
        has_come = has_come or is_now  # also for what they ask for themselves
        if is_now and not after:
            act()
        found = execute(sql, params, many, context)
        if is_now and after:
            act()
        return found

    with connection.execute_wrapper(watch):
        yield
    assert has_come
