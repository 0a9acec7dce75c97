"""Declarations of events and their properties, sensitivity marks, and the registry that holds them."""

from otel.events._declaration import Declaration, Property, PropertySet, SetOnce
from otel.events._docstrings import argument_texts
from otel.events._event import Event, TeamEvent, event
from otel.events._properties import (
    GroupProperties,
    PersonProperties,
    group_properties,
    person_properties,
)
from otel.events._registry import DeclarationError, Registry, default_registry
from otel.events._sensitivity import Organisation, Sensitivity, Technical
from otel.events._types import WrongType, to_valid_text

__all__ = [
    "Declaration",
    "DeclarationError",
    "Event",
    "GroupProperties",
    "Organisation",
    "PersonProperties",
    "Property",
    "PropertySet",
    "Registry",
    "Sensitivity",
    "SetOnce",
    "TeamEvent",
    "Technical",
    "WrongType",
    "argument_texts",
    "default_registry",
    "event",
    "group_properties",
    "person_properties",
    "to_valid_text",
]
