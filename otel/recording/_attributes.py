"""Conversion of Python values to attribute values, before OpenTelemetry drops or stringifies them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any

__all__ = ["attribute_value", "encode_attributes", "encode_fields"]

_AS_IS = frozenset({str, int, float, bool})


def attribute_value(value: Any) -> Any:
    """Return a value as an OpenTelemetry attribute can carry it.

    The SDK drops or stringifies values of other types, with a warning for each (`otel.md` section 2).

    Args:
        value: anything; sequences are converted item by item.
    """
    if type(value) in _AS_IS:
        return value
    if isinstance(value, Enum):
        return attribute_value(value.value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(attribute_value(item) for item in value)
    if isinstance(value, bool | int | float | bytes):
        return value
    return str(value)  # UUID, Decimal, Path, a lazy translation, a subclass of str


def encode_fields(instance: object, names: tuple[str, ...]) -> dict[str, Any]:
    """Return an object's fields as attributes, without those that are None.

    Args:
        instance: an instance of a declared class.
        names: the names of its fields.
    """
    values = _reader(names)(instance)
    if _AS_IS.issuperset(map(type, values)):  # nearly always
        return dict(zip(names, values, strict=False))
    return encode_attributes(dict(zip(names, values, strict=False)))


@cache  # one for each declared class
def _reader(names: tuple[str, ...]) -> Callable[[object], tuple[Any, ...]]:
    """Return a function that reads the fields; `attrgetter` returns a tuple only for two or more."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda instance: tuple(getattr(instance, name) for name in names)


def encode_attributes(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return properties as attributes, without those that are None.

    Args:
        properties: names and values.
    """
    return {
        name: value if type(value) in _AS_IS else attribute_value(value)
        for name, value in properties.items()
        if value is not None
    }
