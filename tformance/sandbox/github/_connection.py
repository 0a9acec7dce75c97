"""GraphQL connections with GitHub's paging: at most 100 nodes, after opaque cursors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from graphql import GraphQLError

from tformance.sandbox.paging import cursor_of, position_of

__all__ = ["connection"]

T = TypeVar("T")

_MOST = 100

# GitHub's own messages.
_UNBOUNDED = "You must provide a `first` or `last` value to properly paginate the `{name}` connection."
_EXCESSIVE = (
    "Requesting {first} records on the `{name}` connection exceeds the `first` limit of {most} records."
)
_NO_CURSOR = "`{after}` does not appear to be a valid cursor."


class _Unpaged(GraphQLError):  # noqa: N818 - a response of the protocol, not a failure of the sandbox
    """Raised for invalid paging arguments."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message, extensions={"type": kind})


def connection(
    name: str,
    rows: Sequence[T],
    node: Callable[[T], dict[str, Any]],
    first: int | None,
    after: str | None,
    *,
    key: Callable[[T], Any],
    key_text: Callable[[T], str],
    read_key: Callable[[str], Any],
    reverse: bool = False,
) -> dict[str, Any]:
    """Return a page of a connection.

    A cursor contains the last row's sort key, so rows added or moved before it do not shift the next page.

    Args:
        name: the field's name, for error messages.
        rows: all rows, in the order of `key`.
        node: returns the node of a row.
        first: the requested number of nodes.
        after: the cursor after which the page begins.
        key: returns a row's sort key, which must be unique.
        key_text: returns a row's sort key as text.
        read_key: parses a sort key; raises ValueError for an invalid text.
        reverse: whether the order is descending.

    Raises:
        GraphQLError: for invalid paging arguments, with GitHub's message.
    """
    if first is None:
        raise _Unpaged(_UNBOUNDED.format(name=name), "MISSING_PAGINATION_BOUNDARIES")
    if not 0 <= first <= _MOST:
        raise _Unpaged(_EXCESSIVE.format(first=first, name=name, most=_MOST), "EXCESSIVE_PAGINATION")
    left = rows
    if after is not None:
        try:
            position = position_of(after, read_key)
        except ValueError as error:
            raise _Unpaged(_NO_CURSOR.format(after=after), "INVALID_CURSOR_ARGUMENTS") from error
        left = [row for row in rows if (key(row) < position if reverse else key(row) > position)]
    shown = left[:first]
    return {
        "totalCount": len(rows),
        "nodes": [node(row) for row in shown],
        "pageInfo": {
            "hasNextPage": len(left) > first,
            "hasPreviousPage": len(left) < len(rows),
            "startCursor": cursor_of(key_text(shown[0])) if shown else None,
            "endCursor": cursor_of(key_text(shown[-1])) if shown else None,
        },
    }
