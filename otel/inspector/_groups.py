"""Groups, as PostHog makes them of captures: seen in `$groups`, described by `$groupidentify`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from otel.inspector._capture import ReceivedCapture

__all__ = ["groups", "groups_of"]


def groups_of(properties: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return type and key of each group that an event belongs to.

    Args:
        properties: the event's.
    """
    named = properties.get("$groups")
    found = [(kind, str(key)) for kind, key in named.items()] if isinstance(named, Mapping) else []
    kind, key = properties.get("$group_type"), properties.get("$group_key")
    if isinstance(kind, str) and isinstance(key, str) and (kind, key) not in found:
        found.append((kind, key))
    return found


def groups(captures: Iterable[ReceivedCapture]) -> list[dict[str, Any]]:
    """Return each group with its properties and how many captures are its own.

    Args:
        captures: all that are kept, in the order they arrived.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for capture in captures:
        properties = capture.properties
        for kind, key in groups_of(properties):
            group = found.setdefault(
                (kind, key),
                {"type": kind, "key": key, "properties": {}, "events": 0, "first_seen": "", "last_seen": ""},
            )
            group["events"] += 1
            group["first_seen"] = min(group["first_seen"] or capture.timestamp, capture.timestamp)
            group["last_seen"] = max(group["last_seen"], capture.timestamp)
        update = properties.get("$group_set")
        target = found.get((str(properties.get("$group_type")), str(properties.get("$group_key"))))
        if capture.event == "$groupidentify" and target is not None and isinstance(update, Mapping):
            target["properties"].update(update)
    return list(found.values())
