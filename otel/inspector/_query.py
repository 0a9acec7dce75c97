"""Which captures are asked for."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from itertools import islice

from otel.inspector._capture import ReceivedCapture
from otel.inspector._groups import groups_of
from otel.inspector._store import Store

__all__ = ["newest"]


def newest(store: Store, query: Mapping[str, str], limit: int = 0) -> list[ReceivedCapture]:
    """Return the captures that are asked for, newest first.

    Args:
        store: where they are.
        query: `uuid`, `event`, `distinct_id` and `group` (its key, or a team's slug), each to be met
            letter by letter, or as a pattern if a `*` is in it.
        limit: how many at most; 0 for all.
    """
    found = (
        capture
        for capture in reversed(store)
        if _fits(query.get("uuid"), capture.uuid)
        and _fits(query.get("event"), capture.event)
        and _fits(query.get("distinct_id"), capture.distinct_id)
        and _fits_group(query.get("group"), capture)
    )
    return list(islice(found, limit if limit > 0 else None))


def _fits(pattern: str | None, value: str) -> bool:
    if not pattern or pattern == value:
        return True
    return "*" in pattern and fnmatch.fnmatchcase(value.lower(), pattern.lower())


def _fits_group(pattern: str | None, capture: ReceivedCapture) -> bool:
    if not pattern:
        return True
    properties = capture.properties
    slug = properties.get("team_slug")
    keys = [key for _, key in groups_of(properties)]
    return any(_fits(pattern, key) for key in ([*keys, slug] if isinstance(slug, str) else keys))
