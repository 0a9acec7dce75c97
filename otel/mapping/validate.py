"""Steps 2 and 3: validate attributes against the event's declaration, and remove withheld properties."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from otel.attributes import OWN_PREFIX
from otel.envelope import Rejection
from otel.events.declaration import Declaration
from otel.events.types import WrongType
from otel.reasons import Reason

__all__ = ["redact", "validate"]


def validate(
    declaration: Declaration, attributes: Mapping[str, Any], identity_attributes: AbstractSet[str]
) -> dict[str, Any] | Rejection:
    """Return the declared properties in their JSON form, or the reason why they do not fit.

    Args:
        declaration: the event's declaration.
        attributes: the attributes that were recorded with the event.
        identity_attributes: the names of the identity attributes, which are not properties.
    """
    checks = declaration.checks
    properties: dict[str, Any] = {}
    for name, value in attributes.items():
        check = checks.get(name)
        if check is None:
            if name in identity_attributes or name.startswith(OWN_PREFIX):
                continue
            return Rejection(Reason.UNKNOWN_PROPERTY, f"{name} is not declared")
        try:
            properties[name] = check(value)
        except WrongType:
            declared = declaration.properties[name].type_name
            return Rejection(
                Reason.WRONG_TYPE, f"{name} is a {type(value).__name__} that does not fit {declared}"
            )
    if not declaration.required <= properties.keys():
        *others, last = sorted(declaration.required - properties.keys())
        missing = f"{', '.join(others)} and {last} are" if others else f"{last} is"
        return Rejection(Reason.MISSING_PROPERTY, f"{missing} required")
    return properties


def redact(properties: Mapping[str, Any], withheld: AbstractSet[str]) -> dict[str, Any]:
    """Return the properties without those that the configuration withholds.

    Args:
        properties: declared and validated properties.
        withheld: the names of the properties to remove.
    """
    return {name: value for name, value in properties.items() if name not in withheld}
