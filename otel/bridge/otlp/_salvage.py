"""Reading what can be read of a request that as a whole cannot: one span's fault costs that span only."""

from __future__ import annotations

from contextlib import suppress

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

__all__ = ["LEVELS", "items_number", "salvage"]

_DELIMITED = 2  # protobuf's wire type of messages, among others

# A request lists groups by resource, each of these groups by scope, each of these spans or log records.
LEVELS = 3


def salvage(raw: bytes, request: Message) -> int:
    """Read a request without what cannot be read of it; return how many spans or log records that are.

    Python's protobuf refuses a message as a whole for one text in it that is no UTF-8. Others do not look,
    the Collector among them: it hands on what any program sends, in one batch with what others do.

    Args:
        raw: the request.
        request: takes what is read; of `/v1/traces` or `/v1/logs`.

    Raises:
        DecodeError: if nothing of it can be read.
    """
    request.Clear()
    unreadable = _read(raw, request, LEVELS)
    if not request.ListFields():
        msg = "nothing in it can be read"
        raise DecodeError(msg)
    return unreadable


def items_number(levels: int) -> int:
    """Return the number of the field in which a message lists what it is about.

    Args:
        levels: `LEVELS` for a request, one less for each group in it.
    """
    return 1 if levels == LEVELS else 2


def _read(raw: bytes, message: Message, levels: int) -> int:
    """Read a message of so many levels item by item; what its resource or scope cannot tell stays unsaid."""
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
