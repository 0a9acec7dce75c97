"""Where a capture comes from: the program, its version, its environment and its release."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from opentelemetry.sdk.resources import Resource

from otel.attributes import RELEASE_ID
from otel.events import legible

__all__ = ["ORIGIN_PROPERTIES", "Origin", "Origins", "origin_attributes"]

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


class Origin(NamedTuple):
    """What is told of one program.

    Args:
        properties: of each of its captures; not to be changed.
        resource: its OpenTelemetry resource, with the release.
    """

    properties: Mapping[str, str]
    resource: Resource


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
        origin = self._read(attributes)
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[id(attributes)] = attributes, origin
        return origin

    def _read(self, attributes: Mapping[str, Any]) -> Origin:
        properties = {}
        for name, sources in _PROPERTIES.items():
            text = next(filter(None, (_text(attributes.get(source)) for source in sources)), None)
            if text is not None:
                properties[name] = text
        resource = Resource(attributes)
        if self._release_id and "$release_id" not in properties:
            properties["$release_id"] = self._release_id
            resource = Resource({**attributes, RELEASE_ID: self._release_id})
        return Origin(properties, resource)


def origin_attributes(origin: Origin) -> dict[str, str]:
    """Return what is told of a program as resource attributes, for what is mapped later.

    Args:
        origin: the program's.
    """
    return {_PROPERTIES[name][0]: value for name, value in origin.properties.items()}


def _text(value: Any) -> str:
    return legible(value) if type(value) is str and not value.startswith(_UNNAMED) else ""
