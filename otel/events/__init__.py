"""Declarations of events and their properties, sensitivity marks, and the registry that holds them."""

from otel.events._event import Event, TeamEvent, event
from otel.events._properties import (
    GroupProperties,
    PersonProperties,
    group_properties,
    person_properties,
)
from otel.events.declaration import SetOnce
from otel.events.registry import Registry, default_registry
from otel.events.sensitivity import Organisation, Technical

__all__ = [
    "Event",
    "GroupProperties",
    "Organisation",
    "PersonProperties",
    "Registry",
    "SetOnce",
    "TeamEvent",
    "Technical",
    "default_registry",
    "event",
    "group_properties",
    "person_properties",
]
