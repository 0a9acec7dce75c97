"""Registry of declared events and property sets, by name."""

from __future__ import annotations

from collections.abc import Iterator

from otel.events.declaration import Declaration, PropertySet
from otel.events.types import UnsupportedTypeError

__all__ = ["DeclarationError", "Registry", "default_registry"]


class DeclarationError(TypeError):
    """Raised at import time for a mistake in a declaration."""


class Registry:
    """The declared events and property sets of one program.

    Not synchronized: declarations are added while modules are imported, before threads read them.
    """

    def __init__(self) -> None:
        self._events: dict[str, Declaration] = {}
        self._property_sets: dict[str | None, PropertySet] = {}

    def add(self, declaration: Declaration) -> None:
        """Add a declared event.

        Args:
            declaration: the event to add.

        Raises:
            DeclarationError: if the name is taken, or an event cannot carry the type of a field.
        """
        taken = self._events.get(declaration.name)
        if taken is not None and _place(taken.event_class) != _place(declaration.event_class):
            msg = (
                f"{_place(declaration.event_class)} declares the event {declaration.name!r}, "
                f"which {_place(taken.event_class)} declares already: give one of them another name"
            )
            raise DeclarationError(msg)
        try:
            declaration.checks  # noqa: B018 - resolves the types here, so that a mistake shows its origin
        except UnsupportedTypeError as error:
            msg = f"{_place(declaration.event_class)}: {error}"
            raise DeclarationError(msg) from error
        self._events[declaration.name] = declaration

    def add_properties(self, properties: PropertySet) -> None:
        """Add the declared properties of persons or of a group type.

        Args:
            properties: the property set to add.

        Raises:
            DeclarationError: if the set is already declared, or the type of a field is unsupported.
        """
        taken = self._property_sets.get(properties.group_type)
        if taken is not None and _place(taken.set_class) != _place(properties.set_class):
            what = f"group type {properties.group_type!r}" if properties.group_type else "persons"
            msg = (
                f"{_place(properties.set_class)}: {_place(taken.set_class)} declares the properties of {what}"
            )
            raise DeclarationError(msg)
        try:
            properties.properties  # noqa: B018 - as above
        except UnsupportedTypeError as error:
            msg = f"{_place(properties.set_class)}: {error}"
            raise DeclarationError(msg) from error
        self._property_sets[properties.group_type] = properties

    def get(self, name: str) -> Declaration | None:
        """Return the event that is declared under a name; None if there isn't one.

        Args:
            name: the event's name.
        """
        return self._events.get(name)

    def properties(self, group_type: str | None = None) -> PropertySet | None:
        """Return the declared properties of persons, or of a group type; None if they are not declared.

        Args:
            group_type: the group type; None for persons.
        """
        return self._property_sets.get(group_type)

    @property
    def property_sets(self) -> tuple[PropertySet, ...]:
        """Every declared property set, persons first."""
        return tuple(sorted(self._property_sets.values(), key=lambda one: one.group_type or ""))

    def __contains__(self, name: object) -> bool:
        return name in self._events

    def __iter__(self) -> Iterator[Declaration]:
        return iter(sorted(self._events.values(), key=lambda one: (one.tier, one.name)))

    def __len__(self) -> int:
        return len(self._events)


def _place(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


default_registry = Registry()
