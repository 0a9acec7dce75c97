"""Origin of a capture: the program, its version, its environment and its release."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

from opentelemetry.sdk.resources import Resource

from otel.attributes import RELEASE_ID
from otel.text.unicode import to_valid_text

__all__ = ["ORIGIN_PROPERTIES", "Origin", "Origins"]

# Each property with the resource attributes to read it from; the first one that exists is used.
# `deployment.environment` is the name before semantic conventions 1.27.
_PROPERTIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "service_name": ("service.name",),
        "service_version": ("service.version",),
        "environment": ("deployment.environment.name", "deployment.environment"),
        "$release_id": (RELEASE_ID,),
    }
)

ORIGIN_PROPERTIES = frozenset(_PROPERTIES)
"""The names of properties that any capture may have in addition to its own."""

# The SDK's name for a program that has no name.
_UNNAMED = "unknown_service"

# Names and versions are shorter; each event of the program repeats them.
_MAX_CHARACTERS = 200

# A process has one resource, and a bridge serves a few processes.
_KEPT = 256


class Origin:
    """The origin properties of one program.

    Args:
        attributes: the attributes of the program's OpenTelemetry resource.
        release_id: PostHog's id of the release, if the resource does not contain one.
    """

    def __init__(self, attributes: Mapping[str, Any], release_id: str) -> None:
        self._attributes = attributes
        self._release_id = release_id

    @cached_property
    def properties(self) -> Mapping[str, str]:
        """The properties of each capture of the program."""
        properties = {}
        for name, sources in _PROPERTIES.items():
            text = next(filter(None, (_text(self._attributes.get(source)) for source in sources)), None)
            if text is not None:
                properties[name] = text
        if self._release_id:
            properties.setdefault("$release_id", self._release_id)
        return properties

    @cached_property
    def attributes(self) -> Mapping[str, str]:
        """The properties as resource attributes, for events that are mapped later."""
        return {_PROPERTIES[name][0]: value for name, value in self.properties.items()}

    @cached_property
    def resource(self) -> Resource:
        """The whole resource with the release, for events that another process maps."""
        return Resource({**self._attributes, **self.attributes})


class Origins:
    """A cache of the programs that record events, by resource. Thread-safe.

    Args:
        release_id: PostHog's id of the release, for a resource that does not contain one.
    """

    def __init__(self, release_id: str = "") -> None:
        self._release_id = release_id
        # By identity, because each lookup in the SDK's mapping takes 2 µs. The cache keeps a reference to the
        # attributes, so that their id is not reused.
        self._known: dict[int, tuple[Mapping[str, Any], Origin]] = {}

    def of(self, attributes: Mapping[str, Any]) -> Origin:
        """Return the origin of a program.

        Args:
            attributes: the attributes of the program's OpenTelemetry resource.
        """
        known = self._known.get(id(attributes))
        if known is not None and known[0] is attributes:
            return known[1]
        origin = Origin(attributes, self._release_id)
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[id(attributes)] = attributes, origin
        return origin


def _text(value: Any) -> str:
    if type(value) is not str or value.startswith(_UNNAMED):
        return ""
    return to_valid_text(value[:_MAX_CHARACTERS])
