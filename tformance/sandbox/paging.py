"""Paging with GitHub's numbered pages and `Link` headers, and with cursors."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from starlette.requests import Request

__all__ = ["cursor_of", "numbered_page", "position_of"]

T = TypeVar("T")

# GitHub's default and maximum number of rows on a page.
_PER_PAGE, _MOST = 30, 100


def numbered_page(request: Request, rows: Sequence[T]) -> tuple[Sequence[T], dict[str, str]]:
    """Return the rows of the requested page, and the `Link` header with the URLs of the other pages.

    Args:
        request: the request, which may have the parameters `page` and `per_page`.
        rows: all rows.
    """
    asked = _number(request, "per_page", _PER_PAGE)
    size = min(max(asked, 1), _MOST)
    number = max(_number(request, "page", 1), 1)
    last = max(-(-len(rows) // size), 1)
    others: dict[str, int] = {}
    if number > 1:
        others |= {"prev": number - 1, "first": 1}
    if number < last:
        others |= {"next": number + 1, "last": last}
    links = ", ".join(
        f'<{request.url.include_query_params(page=there, per_page=size)}>; rel="{name}"'
        for name, there in others.items()
    )
    start = (number - 1) * size
    return rows[start : start + size], {"Link": links} if links else {}


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isdecimal() else default


def cursor_of(position: str) -> str:
    """Return an opaque cursor.

    Args:
        position: the position that the cursor encodes.
    """
    return base64.b64encode(f"cursor:v2:{position}".encode()).decode()


def position_of(cursor: str, read: Callable[[str], Any]) -> Any:
    """Return the position that a cursor encodes.

    Args:
        cursor: a cursor from `cursor_of`.
        read: parses a position; raises ValueError for an invalid text.

    Raises:
        ValueError: if the cursor is invalid.
    """
    try:
        text = base64.b64decode(cursor, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError(cursor) from error
    prefix, _, position = text.partition("cursor:v2:")
    if prefix or not position:
        raise ValueError(cursor)
    return read(position)
