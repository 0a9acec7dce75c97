"""Simulation of a second person who acts in the middle of a request."""

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
    """Call `act` once within the block, immediately before a certain database statement.

    The block must send such a statement, or the test fails.

    Args:
        act: a function that does what the second person does.
        is_moment: a function that returns whether a statement is the one; only the first match counts.
        after: whether to call `act` immediately after the statement instead.
    """
    has_come = False

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        nonlocal has_come
        is_now = not has_come and is_moment(sql)
        has_come = has_come or is_now  # set before `act` sends statements of its own
        if is_now and not after:
            act()
        found = execute(sql, params, many, context)
        if is_now and after:
            act()
        return found

    with connection.execute_wrapper(watch):
        yield
    assert has_come
