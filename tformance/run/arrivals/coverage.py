"""Coverage of the taxonomy: each declared event, each property, and each choice of a closed property."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from otel.events import Registry, default_registry
from otel.events.declaration import Property
from otel.mapping.identify import SYSTEM_ID
from otel.mapping.origin import ORIGIN_PROPERTIES

__all__ = ["Coverage", "EventCover", "PropertyCover", "cover", "taxonomy"]

_APPS = Path(__file__).parents[3] / "apps"

# Properties without a `$` that posthog-js adds to each event.
_BROWSERS = frozenset({"distinct_id", "token"})

# The properties of PostHog that contain updates of persons and of groups.
_PERSON_UPDATES = ("$set", "$set_once")
_GROUP_UPDATE = "$group_set"


@dataclass(frozen=True, slots=True)
class PropertyCover:
    """The coverage of a property.

    Args:
        name: the property's name.
        is_seen: whether the property had a value.
        choices: the choices of a closed property, each with whether it occurred.
    """

    name: str
    is_seen: bool
    choices: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class EventCover:
    """The coverage of an event, or of the properties of persons or groups.

    Args:
        name: the event's name, or a title for the properties.
        tier: the event's tier; None for properties of persons or groups.
        times: the number of occurrences.
        properties: the properties' coverage, in declared order.
        undeclared: the names of undeclared properties that occurred.
    """

    name: str
    tier: int | None
    times: int
    properties: tuple[PropertyCover, ...]
    undeclared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The coverage of a taxonomy.

    Args:
        rows: the declared events by tier and name, then the property sets.
        undeclared_events: the names of undeclared events that occurred, except PostHog's own.
    """

    rows: tuple[EventCover, ...]
    undeclared_events: tuple[str, ...]

    @property
    def missing(self) -> list[str]:
        """Messages about what did not occur; choices of closed properties are not required."""
        found = []
        for row in self.rows:
            if row.times:
                unseen = [one.name for one in row.properties if not one.is_seen]
                found += [f"{row.name}: {name} never had a value" for name in unseen]
            else:
                found.append(f"{row.name} did not occur")
        return found

    @property
    def undeclared(self) -> list[str]:
        """Messages about undeclared events and properties that occurred."""
        properties = [f"{row.name}: {name} is not declared" for row in self.rows for name in row.undeclared]
        return [*(f"{name} is not declared" for name in self.undeclared_events), *properties]


def taxonomy() -> Registry:
    """Return the registry with everything that the product's apps declare."""
    for kind in ("events", "properties"):
        for path in sorted(_APPS.glob(f"*/{kind}.py")):
            import_module(f"apps.{path.parent.name}.{kind}")
    return default_registry


def cover(
    registry: Registry,
    captures: Iterable[Mapping[str, Any]],
    *,
    sources: Collection[str] = ("server",),
) -> Coverage:
    """Return the coverage of a taxonomy.

    Args:
        registry: the taxonomy.
        captures: the captures, as the inspector lists them.
        sources: the sources of the events, `server` or `browser`. By default only `server`, because the
            journey has no browser.
    """
    kept = list(captures)
    declared = [one for one in registry if one.source in sources]
    rows = [
        _row(
            event.name,
            event.tier,
            event.properties,
            [_own(one) for one in kept if one["event"] == event.name],
        )
        for event in declared
    ]
    for one in registry.property_sets:
        name = f"properties of a {one.group_type or 'person'}"
        rows.append(_row(name, None, one.properties, list(_updates(kept, one.group_type))))
    names = {one["event"] for one in kept if not one["event"].startswith("$")}
    return Coverage(tuple(rows), tuple(sorted(names - {event.name for event in declared})))


def _own(capture: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event's own properties, without those that PostHog and OpenTelemetry add."""
    return {
        name: value
        for name, value in capture["properties"].items()
        if not name.startswith("$") and name not in _BROWSERS and name not in ORIGIN_PROPERTIES
    }


def _updates(captures: Iterable[Mapping[str, Any]], group_type: str | None) -> Iterator[Mapping[str, Any]]:
    """Yield the properties of each update."""
    for capture in captures:
        properties = capture["properties"]
        if group_type is None and capture.get("distinct_id") == SYSTEM_ID:
            continue  # the pipeline describes this person itself
        if group_type is None:
            update = {
                name: value for key in _PERSON_UPDATES for name, value in properties.get(key, {}).items()
            }
        else:
            update = properties.get(_GROUP_UPDATE, {}) if properties.get("$group_type") == group_type else {}
        # posthog-js also sets PostHog's own properties, and sets campaign parameters to null.
        update = {
            name: value for name, value in update.items() if not name.startswith("$") and value is not None
        }
        if update:
            yield update


def _row(
    name: str, tier: int | None, declared: Mapping[str, Property], found: list[Mapping[str, Any]]
) -> EventCover:
    properties = tuple(
        _property(one, [values[one.name] for values in found if values.get(one.name) is not None])
        for one in declared.values()
    )
    undeclared = {name for values in found for name in values} - set(declared)
    return EventCover(name, tier, len(found), properties, tuple(sorted(undeclared)))


def _property(declared: Property, values: list[Any]) -> PropertyCover:
    flat = {item for value in values for item in (value if isinstance(value, list) else [value])}
    choices = tuple((_text(one), one in flat) for one in _choices(declared.annotation))
    return PropertyCover(declared.name, bool(values), choices)


def _choices(annotation: Any) -> tuple[Any, ...]:
    """Return the values that a type enumerates, also inside `Annotated`, unions and lists."""
    if annotation is bool:
        return (False, True)
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(choice for part in get_args(annotation) for choice in _choices(part))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
