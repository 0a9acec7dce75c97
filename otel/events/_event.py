"""Declaration of events: frozen keyword-only dataclasses with a name, a tier and a docstring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, TypeVar, dataclass_transform

from otel.events.constructor import constructor_of
from otel.events.declaration import Declaration, Tier
from otel.events.registry import Registry, default_registry
from otel.events.sensitivity import Organisation

__all__ = ["Event", "TeamEvent", "event"]


class Event:
    """Base of every declared event.

    An instance contains what happened; identity, time and origin are in the envelope.
    """

    # What was given to a constructor that could not use it.
    __slots__ = ("_given",)

    _given: Mapping[str, Any]
    event_name: ClassVar[str]
    property_names: ClassVar[tuple[str, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamEvent(Event):
    """Base of every team-scoped event.

    Args:
        team_slug: Name of the team in URLs.
    """

    team_slug: Organisation


E_ = TypeVar("E_", bound=Event)


@dataclass_transform(kw_only_default=True, frozen_default=True)
def event(
    name: str,
    *,
    tier: Tier,
    owner: str,
    source: Literal["server", "browser"] = "server",
    registry: Registry | None = None,
) -> Callable[[type[E_]], type[E_]]:
    """Declare the decorated class as an event.

    Args:
        name: snake_case; past tense for a completed action.
        tier: 1 critical funnel, 2 engagement, 3 interface.
        owner: the team or app that is responsible for the event.
        source: where the event is recorded.
        registry: the registry to add the event to; the process's registry by default.

    Raises:
        DeclarationError: if the name is taken, or an event cannot carry the type of a field.
    """

    def declare(cls: type[E_]) -> type[E_]:
        declared: type[Any] = dataclass(frozen=True, kw_only=True, slots=True)(cls)
        declared.event_name = name
        declared.property_names = tuple(field.name for field in fields(declared))
        declared.__init__ = constructor_of(declared)
        (default_registry if registry is None else registry).add(
            Declaration(name=name, event_class=declared, tier=tier, owner=owner, source=source)
        )
        return declared

    return declare
