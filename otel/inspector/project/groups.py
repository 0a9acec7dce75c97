"""The groups of a project: up to five types, and each group's properties and events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["TYPES_LIMIT", "Groups", "groups_of"]

TYPES_LIMIT = 5
"""Maximum number of group types in a project (`wire.md` section 1.3)."""


class Groups:
    """The groups of one project. Confined to the server's event loop."""

    def __init__(self) -> None:
        self.types: dict[str, int] = {}
        self._groups: dict[tuple[str, str], dict[str, Any]] = {}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._groups.values())

    def register(self, group_type: str, *, limit: int | None = TYPES_LIMIT) -> bool:
        """Register a group type unless the limit is reached; return whether the type is registered.

        Args:
            group_type: name of the type.
            limit: maximum number of types; None for no limit.
        """
        if group_type in self.types:
            return True
        if limit is not None and len(self.types) >= limit:
            return False
        self.types[group_type] = len(self.types)
        return True

    def count_event(self, group_type: str, key: str, timestamp: str) -> None:
        """Count an event of a group.

        Args:
            group_type: type of the group.
            key: key of the group.
            timestamp: when the event happened, RFC 3339.
        """
        group = self._group(group_type, key)
        group["events"] += 1
        group["first_seen"] = min(group["first_seen"] or timestamp, timestamp)
        group["last_seen"] = max(group["last_seen"], timestamp)

    def update(self, group_type: str, key: str, properties: Mapping[str, Any]) -> None:
        """Merge properties into a group, one level deep.

        Args:
            group_type: type of the group.
            key: key of the group.
            properties: values by the property's name.
        """
        self._group(group_type, key)["properties"].update(properties)

    def _group(self, group_type: str, key: str) -> dict[str, Any]:
        group = self._groups.get((group_type, key))
        if group is None:
            group = self._groups[group_type, key] = {
                "type": group_type,
                "key": key,
                "properties": {},
                "events": 0,
                "first_seen": "",
                "last_seen": "",
            }
        return group


def groups_of(properties: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the type and key of each group that an event names, whether or not PostHog files it there.

    Args:
        properties: properties of the event.
    """
    named = properties.get("$groups")
    found = [(kind, str(key)) for kind, key in named.items()] if isinstance(named, Mapping) else []
    kind, key = properties.get("$group_type"), properties.get("$group_key")
    if isinstance(kind, str) and key is not None and (kind, str(key)) not in found:
        found.append((kind, str(key)))
    return found
