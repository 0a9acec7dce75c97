"""GraphQL's connections as GitHub pages them: nodes behind opaque cursors, a hundred at most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from graphql import GraphQLError

from tformance.sandbox.paging import cursor_of, position_of

__all__ = ["connection"]

T = TypeVar("T")

_MOST = 100

# GitHub's own words.
_UNBOUNDED = "You must provide a `first` or `last` value to properly paginate the `{name}` connection."
_EXCESSIVE = (
    "Requesting {first} records on the `{name}` connection exceeds the `first` limit of {most} records."
)
_NO_CURSOR = "`{after}` does not appear to be a valid cursor."


class _Unpaged(GraphQLError):  # noqa: N818 - an answer of the protocol, not a failure of the sandbox
    """Raised for what cannot be paged so."""

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

    A cursor holds the last row's sort key: what is added or moves before it does not shift the next page.

    Args:
        name: of the field, for errors.
        rows: all there are, in the order of `key`.
        node: what a row looks like.
        first: how many.
        after: the cursor behind which the page begins.
        key: by which rows are ordered, each row's its own.
        key_text: the key as text.
        read_key: the key from its text; raises ValueError for another's.
        reverse: whether the order is falling.

    Raises:
        GraphQLError: as GitHub words it, for what cannot be paged so.
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
