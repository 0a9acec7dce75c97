"""Filling a protobuf message from decoded JSON, as OTLP/JSON's writers write it.

Protobuf's own reader is stricter and takes ten times as long. In OTLP/JSON trace and span ids are
hexadecimal, and enumerations are numbers; writers that follow protobuf's JSON mapping use names. As in that
mapping, null stands for an absent field, and field names may be in snake case. An unreadable attribute has no
value, and costs nothing else.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

__all__ = ["UNREADABLE", "fill"]

# What values of unexpected types and JSON of an unexpected shape raise.
UNREADABLE = (ValueError, TypeError, AttributeError, OverflowError)

_Reader = Callable[[Any], Any]
_Writer = Callable[[Message, Any, int], None]

# As deep as protobuf itself reads.
_MAX_DEPTH = 100
# OTLP/JSON encodes these as hexadecimal, and other bytes as base64.
_IDS = frozenset({"trace_id", "span_id", "parent_span_id"})


def fill(message: Message, fields: Mapping[str, Any], depth: int = _MAX_DEPTH) -> None:
    """Set a message's fields; unknown ones are ignored.

    Args:
        message: an empty message.
        fields: a JSON object.
        depth: how many messages may be nested in it.

    Raises:
        TypeError: if a value has the wrong type.
        ValueError: if a value is out of range or cannot be read, or messages are nested too deeply.
    """
    if not depth:
        msg = "messages are nested too deeply"
        raise ValueError(msg)
    if not isinstance(fields, dict):
        msg = "a message is not an object"
        raise TypeError(msg)
    writers = _writers(message.DESCRIPTOR)
    for name, value in fields.items():
        if value is not None and (write := writers.get(name)):
            write(message, value, depth - 1)


@cache
def _writers(descriptor: Descriptor) -> dict[str, _Writer]:
    """Return what writes each field of a message, by both of its names."""
    found: dict[str, _Writer] = {}
    for field in descriptor.fields:
        found[field.name] = found[field.json_name] = _writer(field)
    return found


def _writer(field: FieldDescriptor) -> _Writer:
    name = field.name
    read = _reader(field)
    is_repeated = isinstance(field.default_value, list)  # `is_repeated` is younger than protobuf 5

    def write_message(message: Message, value: Any, depth: int) -> None:
        inner = getattr(message, name)
        inner.SetInParent()
        fill(inner, value, depth)

    def write_attribute(message: Message, value: Any, depth: int) -> None:
        try:
            write_message(message, value, depth)
        except UNREADABLE:
            message.ClearField(name)

    def write_value(message: Message, value: Any, _: int) -> None:
        setattr(message, name, read(value))

    def write_all(message: Message, values: Any, depth: int) -> None:
        if not isinstance(values, list):
            msg = f"{name} is not an array"
            raise TypeError(msg)
        items = getattr(message, name)
        for value in values:
            if value is None:
                continue
            if field.message_type is None:
                items.append(read(value))
            else:
                fill(items.add(), value, depth)

    if is_repeated:
        return write_all
    if field.message_type is None:
        return write_value
    return write_attribute if field.containing_type is KeyValue.DESCRIPTOR else write_message


def _reader(field: FieldDescriptor) -> _Reader:
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _read_id if field.name in _IDS else _read_bytes
    if field.enum_type is not None:
        return _enum_reader(field.enum_type)
    return _READERS.get(field.type, _read_integer)


def _read_text(value: Any) -> str:
    if not isinstance(value, str):
        msg = f"a string is a {type(value).__name__}"
        raise TypeError(msg)
    # JavaScript cuts strings within a character; half of it cannot be encoded.
    return value if value.isascii() else value.encode(errors="replace").decode()


def _read_integer(value: Any) -> int:
    if isinstance(value, str):
        return int(value)
    if isinstance(value, bool) or value != int(value):
        msg = f"an integer is a {type(value).__name__}"
        raise TypeError(msg)
    return int(value)


def _read_number(value: Any) -> float:
    if isinstance(value, bool):
        msg = "a number is a bool"
        raise TypeError(msg)
    return float(value)  # of texts, too: `NaN`, `Infinity` and `-Infinity` are texts in JSON


def _read_boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        msg = f"a boolean is a {type(value).__name__}"
        raise TypeError(msg)
    return value


def _read_id(value: Any) -> bytes:
    return bytes.fromhex(value)


def _read_bytes(value: Any) -> bytes:
    # As in protobuf's JSON mapping, either alphabet, with or without padding.
    return base64.urlsafe_b64decode(value.replace("+", "-").replace("/", "_") + "=" * (-len(value) % 4))


def _enum_reader(enum: EnumDescriptor) -> _Reader:
    """Return a reader of numbers and names, in any case, with and without the enumeration's prefix."""
    names = [value.name for value in enum.values]
    prefix = names[0].removesuffix("UNSPECIFIED").removesuffix("UNSET")
    numbers = {value.name: value.number for value in enum.values}
    numbers |= {name.removeprefix(prefix): number for name, number in numbers.items()}

    def read(value: Any) -> int:
        if isinstance(value, str) and not value.lstrip("-").isdecimal():
            # Readers must take values that they do not know for the unspecified one.
            return numbers.get(value.upper(), 0)
        return _read_integer(value)

    return read


_READERS: Mapping[int, _Reader] = {
    FieldDescriptor.TYPE_STRING: _read_text,
    FieldDescriptor.TYPE_BOOL: _read_boolean,
    FieldDescriptor.TYPE_DOUBLE: _read_number,
    FieldDescriptor.TYPE_FLOAT: _read_number,
}
