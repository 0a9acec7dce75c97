"""Step 2: does what was recorded fit its declaration?"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from otel.attributes import OWN_PREFIX
from otel.envelope import Rejection
from otel.events import Declaration, WrongType
from otel.reasons import Reason

__all__ = ["validate"]


def validate(
    declaration: Declaration, attributes: Mapping[str, Any], stamps: AbstractSet[str]
) -> dict[str, Any] | Rejection:
    """Return the declared properties as JSON carries them, or why they do not fit.

    Args:
        declaration: the event's.
        attributes: what was recorded with it.
        stamps: the names of the identity attributes, which are no properties.
    """
    checks = declaration.checks
    properties: dict[str, Any] = {}
    for name, value in attributes.items():
        check = checks.get(name)
        if check is None:
            if name in stamps or name.startswith(OWN_PREFIX):
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
        missing = ", ".join(sorted(declaration.required - properties.keys()))
        return Rejection(Reason.MISSING_PROPERTY, f"{missing} is required")
    return properties
