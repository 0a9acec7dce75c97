"""Where a capture comes from: the program, its version, its environment and its release."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

from opentelemetry.sdk.resources import Resource

from otel.attributes import RELEASE_ID
from otel.events import to_valid_text

__all__ = ["ORIGIN_PROPERTIES", "Origin", "Origins"]

# The properties, each with the resource attributes that it is taken from; the first that is there counts.
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
"""The names that every capture may have, beside its own."""

# What the SDK calls a program that nobody has named.
_UNNAMED = "unknown_service"

# A process has one resource, and a bridge hears of a few processes.
_KEPT = 256


class Origin:
    """What is told of one program.

    Args:
        attributes: its OpenTelemetry resource's.
        release_id: PostHog's id of its release, if the resource does not name one itself.
    """

    def __init__(self, attributes: Mapping[str, Any], release_id: str) -> None:
        self._attributes = attributes
        self._release_id = release_id

    @cached_property
    def properties(self) -> Mapping[str, str]:
        """What each of its captures says."""
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
        """The same as resource attributes, for what is mapped later."""
        return {_PROPERTIES[name][0]: value for name, value in self.properties.items()}

    @cached_property
    def resource(self) -> Resource:
        """Its whole resource with the release, for what is mapped elsewhere."""
        return Resource({**self._attributes, **self.attributes})


class Origins:
    """The programs that events come from, by their resources. Thread-safe.

    Args:
        release_id: PostHog's id of the release, for a resource that names none itself.
    """

    def __init__(self, release_id: str = "") -> None:
        self._release_id = release_id
        # By identity: the SDK's mapping takes 2 µs for each look-up. The attributes are held, so that nothing
        # else gets their id.
        self._known: dict[int, tuple[Mapping[str, Any], Origin]] = {}

    def of(self, attributes: Mapping[str, Any]) -> Origin:
        """Return what is told of a program.

        Args:
            attributes: its OpenTelemetry resource's.
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
    return to_valid_text(value) if type(value) is str and not value.startswith(_UNNAMED) else ""
