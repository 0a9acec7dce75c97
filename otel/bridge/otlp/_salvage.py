"""Decoding the readable part of a request that cannot be decoded as a whole."""

from __future__ import annotations

from contextlib import suppress

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

__all__ = ["LEVELS", "items_number", "salvage"]

_DELIMITED = 2  # protobuf's wire type of messages, among others

# A request has groups by resource, which have groups by scope, which have spans or log records.
LEVELS = 3


def salvage(raw: bytes, request: Message) -> int:
    """Decode the readable part of a request; return how many spans or log records are not readable.

    Python's protobuf refuses a whole message if one string in it is not UTF-8. Other implementations do not
    check, including the Collector: it forwards the spans of one program in a batch with those of others.

    Args:
        raw: the request.
        request: an empty message of `/v1/traces` or `/v1/logs`, which is filled.

    Raises:
        DecodeError: if nothing of it can be decoded.
    """
    request.Clear()
    unreadable = _read(raw, request, LEVELS)
    if not request.ListFields():
        msg = "nothing in it can be decoded"
        raise DecodeError(msg)
    return unreadable


def items_number(levels: int) -> int:
    """Return the number of the field that lists a message's items.

    Args:
        levels: `LEVELS` for a request, one less for each group in it.
    """
    return 1 if levels == LEVELS else 2


def _read(raw: bytes, message: Message, levels: int) -> int:
    """Decode a message of some levels item by item; an unreadable resource or scope stays empty."""
    number = items_number(levels)
    items = getattr(message, message.DESCRIPTOR.fields_by_number[number].name)
    unreadable = 0
    for field in UnknownFieldSet(Empty.FromString(raw)):  # type: ignore[attr-defined]  # the stubs lack its iterator
        if field.wire_type != _DELIMITED:
            continue
        if field.field_number == number:
            unreadable += _add(field.data, items, levels - 1)
        elif field.field_number == 1:
            around = getattr(message, message.DESCRIPTOR.fields_by_number[1].name)
            try:
                around.ParseFromString(field.data)
            except DecodeError:
                around.Clear()
    return unreadable


def _add(raw: bytes, items: object, levels: int) -> int:
    item = items.add()  # type: ignore[attr-defined]  # protobuf's container of messages has no public name
    try:
        item.ParseFromString(raw)
    except DecodeError:
        item.Clear()
        if levels:
            with suppress(DecodeError):
                return _read(raw, item, levels)
        del items[-1]  # type: ignore[attr-defined]
        return 1
    return 0
