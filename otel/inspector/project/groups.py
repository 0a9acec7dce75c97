"""The groups of a project: at most five types, and each group's properties and events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["TYPES_LIMIT", "Groups", "groups_of"]

TYPES_LIMIT = 5
"""Group types of a project (`wire.md` section 1.3)."""


class Groups:
    """The groups of one project. Confined to the server's event loop."""

    def __init__(self) -> None:
        self.types: dict[str, int] = {}
        self._groups: dict[tuple[str, str], dict[str, Any]] = {}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._groups.values())

    def register(self, group_type: str, *, limit: int | None = TYPES_LIMIT) -> bool:
        """Return whether a type is known now; it is not if there are too many.

        Args:
            group_type: its name.
            limit: how many types there may be.
        """
        if group_type in self.types:
            return True
        if limit is not None and len(self.types) >= limit:
            return False
        self.types[group_type] = len(self.types)
        return True

    def saw(self, group_type: str, key: str, timestamp: str) -> None:
        """Count an event of a group.

        Args:
            group_type: the group's.
            key: the group's.
            timestamp: when the event happened.
        """
        group = self._group(group_type, key)
        group["events"] += 1
        group["first_seen"] = min(group["first_seen"] or timestamp, timestamp)
        group["last_seen"] = max(group["last_seen"], timestamp)

    def update(self, group_type: str, key: str, properties: Mapping[str, Any]) -> None:
        """Merge properties into a group's, one level deep.

        Args:
            group_type: the group's.
            key: the group's.
            properties: what is set.
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
    """Return type and key of each group that an event names, whether PostHog files it there or not.

    Args:
        properties: the event's.
    """
    named = properties.get("$groups")
    found = [(kind, str(key)) for kind, key in named.items()] if isinstance(named, Mapping) else []
    kind, key = properties.get("$group_type"), properties.get("$group_key")
    if isinstance(kind, str) and key is not None and (kind, str(key)) not in found:
        found.append((kind, str(key)))
    return found
