"""The constructor of declared events, which accepts wrong arguments, for `record` to reject them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any

__all__ = ["POSITIONAL", "constructor_of", "unusable_arguments"]

POSITIONAL = "positional arguments"
"""The name under which values without a name are kept."""

_set = object.__setattr__


def constructor_of(cls: type[Any]) -> Callable[..., None]:
    """Return the `__init__` of a declared event.

    The constructor of a dataclass raises for a missing or unknown argument, in the product's own code. This
    one keeps what was given instead, and leaves the fields unset. It is generated, as that of a dataclass is,
    because each event passes through it: a wrapper would take half as long again.

    Args:
        cls: a frozen dataclass with the slot `_given`.
    """
    declared = fields(cls)
    names = [field.name for field in declared]
    space: dict[str, Any] = {"_set": _set, "_keep": _keep, "_MISSING": MISSING}
    parameters, missing, body = [], ["positional", "unknown"], []
    for field in declared:
        name = field.name
        space[f"_default_{name}"] = field.default
        parameters.append(f"{name}=_default_{name}")
        if field.default is MISSING:
            space[f"_factory_{name}"] = field.default_factory
            if field.default_factory is MISSING:
                missing.append(f"{name} is _MISSING")
            else:
                body.append(f"    if {name} is _MISSING: {name} = _factory_{name}()")
        body.append(f"    _set(self, {name!r}, {name})")
    given = ", ".join(f"{name!r}: {name}" for name in names)
    lines = [
        f"def __init__(self, *positional, {', '.join([*parameters, '**unknown'])}):",
        f"    if {' or '.join(missing)}:",
        f"        return _keep(self, positional, {{{given}}}, unknown)",
        *body,
        *(["    self.__post_init__()"] if hasattr(cls, "__post_init__") else []),
    ]
    exec("\n".join(lines), space)  # noqa: S102 - only names of fields, which are identifiers
    construct: Callable[..., None] = space["__init__"]
    construct.__wrapped__ = cls.__init__  # type: ignore[attr-defined]  # the signature, for `help` and editors
    construct.__qualname__ = f"{cls.__qualname__}.__init__"
    return construct


def unusable_arguments(event: object) -> Mapping[str, Any] | None:
    """Return the arguments that an event's constructor could not use; None if they fit the declaration.

    Args:
        event: an instance of a declared event.
    """
    given: Mapping[str, Any] | None = getattr(event, "_given", None)
    return given


def _keep(
    event: Any, positional: tuple[Any, ...], named: Mapping[str, Any], unknown: Mapping[str, Any]
) -> None:
    given = {name: value for name, value in named.items() if value is not MISSING}
    if positional:
        given[POSITIONAL] = positional
    _set(event, "_given", {**given, **unknown})
