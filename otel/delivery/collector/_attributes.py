"""Attributes as OTLP messages, with values that mapping reads there as it would read them in the process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel.text.unicode import is_unicode, replace_surrogates

__all__ = ["write_attributes"]

# The range of protobuf's int64.
_MIN_INT, _MAX_INT = -(2**63), 2**63 - 1


def write_attributes(
    message: Span | Span.Event | LogRecord | Resource,
    attributes: Mapping[str, Any],
    stamps: AbstractSet[str] = frozenset(),
) -> None:
    """Add attributes to a message.

    Args:
        message: has attributes.
        attributes: names and values, of any type.
        stamps: the names of the attributes that carry identity. Such an id that is not Unicode is written as
            an empty one, which belongs to nobody; repaired, it could belong to somebody.
    """
    # Without constructors, which parse and copy their arguments.
    add = message.attributes.add
    for name, value in attributes.items():
        pair = add()
        try:
            pair.key = name
            kind = type(value)
            if kind is str:
                pair.value.string_value = value
            elif kind is bool:
                pair.value.bool_value = value
            elif kind is float:
                pair.value.double_value = value
            else:
                _write(pair.value, value)
        except UnicodeEncodeError:  # from protobuf, for a lone surrogate
            pair.key = replace_surrogates(name)
            is_illegal = name in stamps and type(value) is str and not is_unicode(value)
            _write(pair.value, "" if is_illegal else value)


def _write(message: AnyValue, value: Any) -> None:
    """Write a value that protobuf can hold, converted as mapping would convert it anyway."""
    if isinstance(value, bool):
        message.bool_value = value
    elif isinstance(value, int):
        if _MIN_INT <= value <= _MAX_INT:
            message.int_value = value
        else:
            message.string_value = hex(value)
    elif isinstance(value, float):
        message.double_value = value
    elif isinstance(value, str):
        message.string_value = replace_surrogates(value)
    elif value is None:
        message.SetInParent()
    elif isinstance(value, bytes):
        message.bytes_value = value
    elif isinstance(value, Mapping):
        message.kvlist_value.SetInParent()
        for name, one in value.items():
            pair = message.kvlist_value.values.add(key=replace_surrogates(str(name)))
            _write(pair.value, one)
    elif isinstance(value, Sequence):
        message.array_value.SetInParent()
        for one in value:
            _write(message.array_value.values.add(), one)
    else:
        message.string_value = replace_surrogates(str(value))
