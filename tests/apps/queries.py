"""Database statements in a form that is short enough to write in a test."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext

__all__ = ["statements"]

_TABLE = {
    "SELECT": re.compile(r'FROM "(\w+)"'),
    "INSERT": re.compile(r'INTO "(\w+)"'),
    "UPDATE": re.compile(r'UPDATE "(\w+)"'),
    "DELETE": re.compile(r'FROM "(\w+)"'),
}


def statements(act: Callable[[], object]) -> list[str]:
    """Return the verb and the first table of each statement, in order, without transaction control.

    Args:
        act: a function that sends the statements.
    """
    with CaptureQueriesContext(connection) as captured:
        act()
    found = []
    for query in captured:
        verb = query["sql"].lstrip("(").split(" ", 1)[0]
        if verb in _TABLE:
            table = _TABLE[verb].search(query["sql"])
            found.append(f"{verb} {table[1] if table else '?'}")
    return found
