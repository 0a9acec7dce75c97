"""Rules about groups: which events are filed under them, and what `$groupidentify` writes."""

from __future__ import annotations

from otel.inspector.project.groups import TYPES_LIMIT
from otel.inspector.rules._project import Event
from otel.inspector.rules._rule import Effect, Rule
from otel.inspector.rules._sources import EVENT_UTILS, GROUPS_STEP, VALIDATE_PROPERTIES

__all__ = ["RULES", "check_key", "file_in_groups", "update_group"]

GRX = "nodejs/src/ingestion/common/steps/event-processing/groups.ts @56f9a3f"
GTM = "nodejs/src/common/groups/group-type-manager.ts @1beba37"
GST = "nodejs/src/ingestion/common/groups/batch-writing-group-store.ts @02e9356"

_KEY_LIMIT = 400  # UTF-16 units (VALIDATE_PROPERTIES)

GR_1 = Rule(
    id="GR-1",
    looks_at="$groups",
    happens="The event is filed under each group, and new group types are registered.",
    effect=Effect.APPLIED,
    source=f"{GROUPS_STEP}; {GRX}",
)
GR_2 = Rule(
    id="GR-2",
    looks_at=f"a group type beyond the first {TYPES_LIMIT}, or $groups that is not an object",
    happens="The event is stored outside that group.",
    effect=Effect.DETACHED,
    source=f"{GTM}; {GRX}",
)
GR_3 = Rule(
    id="GR-3",
    looks_at="$groupidentify with $group_type, $group_key and $group_set",
    happens="The properties are merged into the group's, one level deep; person updates on the event are "
    "deleted.",
    effect=Effect.APPLIED,
    source=f"{GROUPS_STEP}; {GST}; {EVENT_UTILS}",
)
GR_4 = Rule(
    id="GR-4",
    looks_at="$group_type or $group_key of a $groupidentify that is not a string, or empty",
    happens="A number is converted to a string; for 0, an empty string or null, nothing is written.",
    effect=Effect.NOT_APPLIED,
    source=GROUPS_STEP,
)
GR_5 = Rule(
    id="GR-5",
    looks_at=f"$group_key of a $groupidentify over {_KEY_LIMIT} characters",
    happens="The event is dropped.",
    effect=Effect.DROPPED,
    source=VALIDATE_PROPERTIES,
    warning="group_key_too_long",
)
GR_6 = Rule(
    id="GR-6",
    looks_at="$group_set that is not an object",
    happens="The event is stored, but nothing is written to the group.",
    effect=Effect.NOT_APPLIED,
    source=GROUPS_STEP,
    warning="invalid_group_set",
    versions="Older code writes it without a warning.",
)
RULES = (GR_1, GR_2, GR_3, GR_4, GR_5, GR_6)


def check_key(event: Event) -> None:
    """Drop a `$groupidentify` whose key is too long.

    Args:
        event: any event.
    """
    if event.name == "$groupidentify":
        key = event.properties.get("$group_key")
        if key:
            units = len(_as_text(key).encode("utf-16-le", "surrogatepass")) // 2
            if units > _KEY_LIMIT:
                event.apply(GR_5, f"$group_key has {units} characters; the limit is {_KEY_LIMIT}")


def file_in_groups(event: Event) -> None:
    """File an event under the groups that it names.

    Args:
        event: an event with person processing.
    """
    named = event.properties.get("$groups")
    if named is None:
        return
    if not isinstance(named, dict):
        event.apply(GR_2)
        return
    for group_type, key in named.items():
        if key is None or key == "":
            event.apply(GR_2)
        elif _register(event, group_type) and event.apply(GR_1):
            event.project.groups.count_event(group_type, _as_text(key), event.timestamp)


def update_group(event: Event) -> None:
    """Write the properties of a `$groupidentify` to its group.

    Args:
        event: any event with person processing.
    """
    if event.name != "$groupidentify":
        return
    properties = event.properties
    group_type, key = properties.get("$group_type"), properties.get("$group_key")
    if not group_type or not key:
        if event.apply(GR_4):
            return
    elif not (isinstance(key, str) and isinstance(group_type, str)):
        event.apply(GR_4, effect=Effect.CHANGED)
    update = properties.get("$group_set")
    if update is not None and not isinstance(update, dict):
        if event.apply(GR_6, "$group_set is not an object"):
            return
        update = None
    if not _register(event, _as_text(group_type), effect=Effect.NOT_APPLIED):
        return
    if event.apply(GR_3):
        event.project.groups.update(_as_text(group_type), _as_text(key), update or {})
        for name in ("$set", "$set_once", "$unset"):
            if properties.get(name):
                event.apply(GR_3, effect=Effect.NOT_APPLIED)
                event.change(name, None)


def _register(event: Event, group_type: str, *, effect: Effect = Effect.DETACHED) -> bool:
    groups = event.project.groups
    return groups.register(group_type) or (
        not event.apply(GR_2, effect=effect) and groups.register(group_type, limit=None)
    )


def _as_text(value: object) -> str:
    """Return a JSON value as a string, like JavaScript's `toString`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return ",".join("" if one is None else _as_text(one) for one in value)
    return "[object Object]" if isinstance(value, dict) else str(value)
