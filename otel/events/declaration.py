"""Registry entries: a declared event, or a declared set of person or group properties."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from otel.events.docstrings import argument_texts, summary
from otel.events.sensitivity import Sensitivity
from otel.events.types import Check, check_for, describe, holds_list

__all__ = ["Declaration", "Property", "PropertySet", "Scope", "SetOnce", "Tier"]

Tier = Literal[1, 2, 3]
Scope = Literal["user", "team", "either"]


# This many strings of the maximum length stay far below PostHog's size limit (`otel.mapping.limit`).
_FEW = 40


class SetOnce:
    """A mark for a person or group property that keeps its first value: `Annotated[str, SetOnce]`."""


@dataclass(frozen=True, slots=True)
class Property:
    """One declared property.

    Args:
        name: the property's name, in snake_case.
        description: the text from the declaration's docstring.
        type_name: a readable name of the type, such as `github | jira | slack`.
        annotation: the declared type, resolved.
        check: a function that returns a valid value in its JSON form, and raises `WrongType` otherwise.
        is_required: whether the property has no default.
        sensitivity: what the property reveals about a customer.
        states_sensitivity: whether the declaration states the sensitivity explicitly.
        is_set_once: whether PostHog keeps the first value.
    """

    name: str
    description: str
    type_name: str
    annotation: Any
    check: Check
    is_required: bool
    sensitivity: Sensitivity
    states_sensitivity: bool
    is_set_once: bool


@dataclass(frozen=True)
class Declaration:
    """One declared event.

    Args:
        name: the event's name in PostHog.
        event_class: the dataclass that declares the event.
        tier: 1 critical funnel, 2 engagement, 3 interface.
        owner: the team or app that is responsible for the event.
        source: where the event is recorded, `server` or `browser`.
    """

    name: str
    event_class: type[Any]
    tier: Tier
    owner: str
    source: Literal["server", "browser"] = "server"

    @property
    def description(self) -> str:
        """The class's docstring: the catalogue's entry."""
        return summary(self.event_class)

    @cached_property
    def properties(self) -> dict[str, Property]:
        """The declared properties by name, in declared order."""
        return properties_of(self.event_class)

    @cached_property
    def checks(self) -> dict[str, Check]:
        """Each property's check."""
        return {name: prop.check for name, prop in self.properties.items()}

    @cached_property
    def required(self) -> frozenset[str]:
        """The names of the required properties; an event that lacks one is rejected."""
        return frozenset(name for name, prop in self.properties.items() if prop.is_required)

    @cached_property
    def organisation(self) -> frozenset[str]:
        """The names of the properties that identify a customer's organization."""
        return frozenset(
            name for name, prop in self.properties.items() if prop.sensitivity is Sensitivity.ORGANISATION
        )

    @cached_property
    def may_be_large(self) -> bool:
        """Whether the event could exceed PostHog's size limit even though no property exceeds its own."""
        return len(self.properties) > _FEW or any(holds_list(p.annotation) for p in self.properties.values())

    @property
    def scope(self) -> Scope:
        """The event's subject: `team` if it requires `team_slug`, `either` if `team_slug` is optional."""
        prop = self.properties.get("team_slug")
        if prop is None:
            return "user"
        return "team" if prop.is_required else "either"


@dataclass(frozen=True)
class PropertySet:
    """The declared properties of persons, or of one group type.

    Args:
        group_type: the PostHog group type; None for persons.
        set_class: the dataclass that declares the properties.
        owner: the team or app that is responsible for the properties.
    """

    group_type: str | None
    set_class: type[Any]
    owner: str

    @property
    def description(self) -> str:
        """The class's docstring: the catalogue's entry."""
        return summary(self.set_class)

    @cached_property
    def properties(self) -> dict[str, Property]:
        """The declared properties by name."""
        return properties_of(self.set_class)


def properties_of(cls: type[Any]) -> dict[str, Property]:
    """Return the properties that a dataclass declares, by name.

    Args:
        cls: a dataclass.

    Raises:
        UnsupportedTypeError: if an event cannot carry the type of a field.
    """
    hints = get_type_hints(cls, include_extras=True)
    texts = argument_texts(cls)
    return {
        field.name: _property(field, hints[field.name], texts.get(field.name, ""))
        for field in dataclasses.fields(cls)
    }


def _property(field: dataclasses.Field[Any], annotation: Any, description: str) -> Property:
    marks = _marks(annotation)
    stated = [mark for mark in marks if isinstance(mark, Sensitivity)]
    return Property(
        name=field.name,
        description=description,
        type_name=describe(annotation),
        annotation=annotation,
        check=check_for(annotation),
        is_required=field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
        sensitivity=stated[0] if stated else Sensitivity.TECHNICAL,
        states_sensitivity=bool(stated),
        is_set_once=SetOnce in marks,
    )


def _marks(annotation: Any) -> tuple[Any, ...]:
    """Return the metadata of `Annotated`, including inside `X | None` and lists."""
    args = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return (*args[1:], *_marks(args[0]))
    if get_origin(annotation) is Literal:
        return ()
    return tuple(mark for arg in args for mark in _marks(arg))
