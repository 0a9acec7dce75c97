"""Declaration of person and group properties: closed sets, like events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar, dataclass_transform

from otel.events.declaration import PropertySet
from otel.events.registry import Registry, default_registry

__all__ = ["GroupProperties", "PersonProperties", "group_properties", "person_properties"]


class PersonProperties:
    """Base of the declared person properties; None leaves a property unchanged."""

    __slots__ = ()
    property_names: ClassVar[tuple[str, ...]]


class GroupProperties:
    """Base of the declared properties of a group type; None leaves a property unchanged."""

    __slots__ = ()
    group_type: ClassVar[str]
    property_names: ClassVar[tuple[str, ...]]


P_ = TypeVar("P_", bound=PersonProperties)
G_ = TypeVar("G_", bound=GroupProperties)


@dataclass_transform(kw_only_default=True, frozen_default=True)
def person_properties(*, owner: str, registry: Registry | None = None) -> Callable[[type[P_]], type[P_]]:
    """Declare the decorated class as the properties of persons.

    Args:
        owner: the team or app that is responsible for the properties.
        registry: the registry to add the properties to; the process's registry by default.

    Raises:
        DeclarationError: if person properties are already declared, or the type of a field is unsupported.
    """

    def declare(cls: type[P_]) -> type[P_]:
        declared: type[Any] = dataclass(frozen=True, kw_only=True, slots=True)(cls)
        declared.property_names = tuple(field.name for field in fields(declared))
        (default_registry if registry is None else registry).add_properties(
            PropertySet(None, declared, owner)
        )
        return declared

    return declare


@dataclass_transform(kw_only_default=True, frozen_default=True)
def group_properties(
    group_type: str, *, owner: str, registry: Registry | None = None
) -> Callable[[type[G_]], type[G_]]:
    """Declare the decorated class as the properties of a group type.

    Args:
        group_type: the PostHog group type, such as `team`.
        owner: the team or app that is responsible for the properties.
        registry: the registry to add the properties to; the process's registry by default.

    Raises:
        DeclarationError: if the group type's properties are already declared, or the type of a field is
            unsupported.
    """

    def declare(cls: type[G_]) -> type[G_]:
        declared: type[Any] = dataclass(frozen=True, kw_only=True, slots=True)(cls)
        declared.group_type = group_type
        declared.property_names = tuple(field.name for field in fields(declared))
        (default_registry if registry is None else registry).add_properties(
            PropertySet(group_type, declared, owner)
        )
        return declared

    return declare
