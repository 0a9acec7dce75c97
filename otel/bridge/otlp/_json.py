"""Decoding of OTLP/JSON; item by item if it cannot be decoded as a whole, as `_salvage` does for protobuf."""

from __future__ import annotations

import base64
import json
from typing import Any

import orjson
from google.protobuf import json_format
from google.protobuf.message import Message

from otel.bridge.otlp._salvage import LEVELS, items_number

__all__ = ["UNREADABLE", "read_json"]

# Besides its own error, protobuf raises these for JSON of an unexpected shape.
UNREADABLE = (json_format.ParseError, ValueError, TypeError, AttributeError, RecursionError)

# OTLP/JSON encodes these as hexadecimal; protobuf's JSON mapping uses base64.
_IDS = ("traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id")
# Where they can occur: an attribute's value may use the same names for anything.
_ABOVE_IDS = {
    "resourceSpans": ("scopeSpans", "scope_spans"),
    "resource_spans": ("scopeSpans", "scope_spans"),
    "scopeSpans": ("spans",),
    "scope_spans": ("spans",),
    "spans": ("links",),
    "resourceLogs": ("scopeLogs", "scope_logs"),
    "resource_logs": ("scopeLogs", "scope_logs"),
    "scopeLogs": ("logRecords", "log_records"),
    "scope_logs": ("logRecords", "log_records"),
}
_ROOTS = ("resourceSpans", "resource_spans", "resourceLogs", "resource_logs")


def read_json(raw: bytes, request: Message) -> int:
    """Decode a request; return how many of its spans or log records cannot be decoded.

    Args:
        raw: the request.
        request: an empty message of `/v1/traces` or `/v1/logs`, which is filled.

    Raises:
        ValueError: or another of `UNREADABLE`, if nothing of it can be decoded.
    """
    fields = _loaded(raw)
    if not isinstance(fields, dict):
        msg = "its JSON is not an object"
        raise TypeError(msg)
    try:
        _parse(fields, _ROOTS, request)
    except UNREADABLE:
        request.Clear()
        unreadable = _read(fields, request, LEVELS)
        if not request.ListFields():
            raise
        return unreadable
    return 0


def _loaded(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        # JavaScript escapes the half of a surrogate pair that it cut from a string: valid JSON, but not
        # Unicode.
        text = json.dumps(json.loads(raw.decode(errors="replace")), ensure_ascii=False)
        return orjson.loads(text.encode(errors="replace"))


def _parse(fields: Any, above_ids: tuple[str, ...], message: Message) -> None:
    if not isinstance(fields, dict):
        msg = "a message is not an object"
        raise TypeError(msg)
    json_format.ParseDict(_with_base64_ids(fields, above_ids), message, ignore_unknown_fields=True)


def _with_base64_ids(fields: dict[str, Any], above: tuple[str, ...]) -> dict[str, Any]:
    found = fields.copy()
    for name in _IDS:
        if name in fields:
            found[name] = base64.b64encode(bytes.fromhex(fields[name])).decode()
    for child in above:
        listed = fields.get(child)
        if isinstance(listed, list):
            inner = _ABOVE_IDS.get(child, ())
            found[child] = [_with_base64_ids(one, inner) if isinstance(one, dict) else one for one in listed]
    return found


def _read(fields: dict[str, Any], message: Message, levels: int) -> int:
    """Decode a message of some levels item by item; an unreadable resource or scope stays empty."""
    field = message.DESCRIPTOR.fields_by_number[items_number(levels)]
    name = field.json_name if field.json_name in fields else field.name
    around = fields.copy()
    listed = around.pop(name, [])
    try:
        _parse(around, (), message)
    except UNREADABLE:
        message.Clear()
    if not isinstance(listed, list):
        return 1
    items = getattr(message, field.name)
    return sum(_add(one, _ABOVE_IDS.get(name, ()), items, levels - 1) for one in listed)


def _add(fields: Any, above_ids: tuple[str, ...], items: Any, levels: int) -> int:
    item = items.add()
    try:
        _parse(fields, above_ids, item)
    except UNREADABLE:
        item.Clear()
        if levels and isinstance(fields, dict):
            return _read(fields, item, levels)
        del items[-1]
        return 1
    return 0
