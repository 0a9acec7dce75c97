"""Decoding of OTLP/JSON, item by item, as `_salvage` does for protobuf."""

from __future__ import annotations

import json
from typing import Any

import orjson
from google.protobuf.message import Message

from otel.bridge.otlp._fields import UNREADABLE, fill
from otel.bridge.otlp._salvage import LEVELS, items_number
from otel.bridge.otlp.budget import Budget, check_json

__all__ = ["read_json"]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_json(raw: bytes, request: Message) -> int:
    """Decode a request; return how many of its spans or log records cannot be decoded.

    Args:
        raw: the request.
        request: an empty message of one of OTLP's requests, which is filled.

    Raises:
        Refused: if it holds too much.
        ValueError: or a TypeError, if nothing of it can be decoded.
    """
    check_json(raw)
    fields = _loaded(raw.removeprefix(_BYTE_ORDER_MARK))
    if not isinstance(fields, dict):
        msg = "its JSON is not an object"
        raise TypeError(msg)
    unreadable = _read(fields, request, LEVELS, Budget())
    if unreadable and not request.ListFields():
        msg = "nothing in it can be decoded"
        raise ValueError(msg)
    return unreadable


def _loaded(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        # Python writes NaN and the infinities, others write 1e999, and JavaScript escapes the half of a
        # surrogate pair that it cut from a string.
        try:
            return json.loads(raw.decode(errors="replace"), parse_int=_whole)
        except RecursionError as error:
            msg = "it is nested too deeply"
            raise ValueError(msg) from error


def _whole(digits: str) -> int | float:
    # Python does not read integers of more than 4,300 digits, and no field holds one of more than 20.
    return int(digits) if len(digits) <= 20 else float(digits)


def _read(fields: dict[str, Any], message: Message, levels: int, budget: Budget) -> int:
    """Decode a message of some levels; an unreadable resource or scope stays empty."""
    field = message.DESCRIPTOR.fields_by_number[items_number(levels)]
    around = fields.copy()
    listed = around.pop(field.name, None) or []
    listed = around.pop(field.json_name, None) or listed
    try:
        fill(message, around)
    except UNREADABLE:
        message.Clear()
    if not isinstance(listed, list):
        return 1
    budget.spend(len(listed))
    items = getattr(message, field.name)
    return sum(_add(one, items, levels - 1, budget) for one in listed if one is not None)


def _add(fields: Any, items: Any, levels: int, budget: Budget) -> int:
    if not isinstance(fields, dict):
        return 1
    item = items.add()
    if levels:
        return _read(fields, item, levels, budget)
    try:
        fill(item, fields)
    except UNREADABLE:
        del items[-1]
        return 1
    return 0
