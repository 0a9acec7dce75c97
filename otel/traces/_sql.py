"""Masking of values in SQL statements, and a summary of each statement."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

__all__ = ["Statement", "statement"]

# A longer statement is an `IN` of placeholders or a wide insertion, whose end adds no information.
_MAX_LENGTH = 2_000

# Quoted text comes first, so that nothing matches inside it. Double quotes and backticks enclose names
# (PostgreSQL, SQLite, MySQL); E'' and $tag$…$tag$ are PostgreSQL's.
_TOKENS = re.compile(
    r"""(?P<name>"(?:[^"]|"")*"|`[^`]*`)
    |(?P<literal>[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)|'(?:[^']|'')*(?:'|\Z)|\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z)
    |0[xX][0-9a-fA-F]+|(?<![\w.$%:?])\d+(?:\.\d*)?(?:[eE][+-]?\d+)?\b)
    |(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))""",
    re.VERBOSE | re.DOTALL,
)
# Repetitions in a bulk insertion or an `IN`: placeholders of any paramstyle (PEP 249).
_LIST = re.compile(r"((?:%s|\?|%\(\w+\)s|\$\d+))(?:\s*,\s*(?:%s|\?|%\(\w+\)s|\$\d+))+")
_ROWS = re.compile(r"(\([^()]{1,20}\))(?:\s*,\s*\1)+")
_NAME = r'(?:"[^"]+"|`[^`]+`|\w+)'
_TABLE = re.compile(
    rf"\b(?:FROM|INTO|UPDATE|TABLE|JOIN)\s+(?:ONLY\s+)?({_NAME}(?:\.{_NAME})*)", re.IGNORECASE
)
_QUOTES = str.maketrans("", "", '"`')


class Statement(NamedTuple):
    """A statement without values.

    Args:
        text: the statement, with placeholders only.
        summary: the operation and table, such as `SELECT teams_team`.
    """

    text: str
    summary: str


@lru_cache(maxsize=1024)  # a process has few statements and repeats them
def statement(sql: str) -> Statement:
    """Return a statement without values.

    Args:
        sql: the statement that the driver received; literal values in it are masked.
    """
    text = _TOKENS.sub(_masked, sql[: 4 * _MAX_LENGTH])
    text = _ROWS.sub(r"\1, …", _LIST.sub(r"\1, …", text)).strip()
    operation = text.split(None, 1)[0].upper() if text else ""
    table = _TABLE.search(text)
    about = f" {table[1].translate(_QUOTES)}" if table and operation.isalpha() else ""
    return Statement(text[:_MAX_LENGTH], f"{operation}{about}"[:200])


def _masked(found: re.Match[str]) -> str:
    if found["literal"] is not None:
        return "?"
    return found[0] if found["name"] is not None else ""
