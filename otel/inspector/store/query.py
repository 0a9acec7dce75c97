"""Queries over the captures that the inspector keeps."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from itertools import islice

from otel.inspector.capture import ReceivedCapture
from otel.inspector.project.groups import groups_of
from otel.inspector.store.store import Store

__all__ = ["newest"]


def newest(
    store: Store, query: Mapping[str, str], limit: int = 0, *, with_dropped: bool = False
) -> list[ReceivedCapture]:
    """Return the captures that match a query, newest first.

    Args:
        store: the store to search.
        query: `uuid`, `event`, `distinct_id`, `group` (a group's key, or a team's slug) and `verdict`, each
            optional. A value matches exactly, or as a case-insensitive pattern if it contains a `*`. The
            verdict `!kept` matches all others.
        limit: maximum number of captures; 0 for all.
        with_dropped: whether to include captures that PostHog accepts but does not store.
    """
    found = (
        capture
        for capture in store.newest(with_dropped=with_dropped)
        if _fits(query.get("uuid"), capture.uuid)
        and _fits(query.get("event"), capture.event)
        and _fits(query.get("distinct_id"), capture.distinct_id)
        and _fits_verdict(query.get("verdict"), capture)
        and _fits_group(query.get("group"), capture)
    )
    return list(islice(found, limit if limit > 0 else None))


def _fits(pattern: str | None, value: str) -> bool:
    if not pattern or pattern == value:
        return True
    return "*" in pattern and fnmatch.fnmatchcase(value.lower(), pattern.lower())


def _fits_verdict(wanted: str | None, capture: ReceivedCapture) -> bool:
    verdict = capture.outcome.verdict.value
    return verdict != wanted[1:] if wanted and wanted[0] == "!" else _fits(wanted, verdict)


def _fits_group(pattern: str | None, capture: ReceivedCapture) -> bool:
    if not pattern:
        return True
    properties = capture.properties
    slug = properties.get("team_slug")
    keys = [key for _, key in groups_of(properties)]
    return any(_fits(pattern, key) for key in ([*keys, slug] if isinstance(slug, str) else keys))
