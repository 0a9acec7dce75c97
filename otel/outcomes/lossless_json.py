"""JSON that carries every value an attribute can have, and gives it back: the quarantine's own dialect."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

__all__ = ["dumps", "loads"]

# Marks what JSON has no word for, as `{"$quarantined": [kind, text]}`; no attribute has this name.
_MARK = "$quarantined"
# Beyond 64 bits, readers other than Python round, and beyond 4,300 digits Python itself refuses.
_MAX_BITS = 64
# OpenTelemetry's values are one deep, PostHog's properties a few; what goes deeper is a cycle.
_MAX_DEPTH = 32


def dumps(value: Any) -> bytes:
    r"""Write a value as one line of ASCII; lone surrogates are escaped like other characters.

    What is neither JSON's nor bytes, a large integer, NaN or an infinity is written as its `repr`, and comes
    back as that text.

    Args:
        value: anything.
    """
    return json.dumps(_marked(value, _MAX_DEPTH), ensure_ascii=True, allow_nan=False).encode()


def loads(line: bytes) -> Any:
    """Read what `dumps` wrote.

    Args:
        line: one line.

    Raises:
        ValueError: if it is not whole, or not of this dialect.
    """
    return json.loads(line, object_hook=_unmarked)


def _marked(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        whole = int(value)
        return whole if whole.bit_length() <= _MAX_BITS else {_MARK: ["int", hex(whole)]}
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {_MARK: ["float", float.__repr__(value)]}
    if isinstance(value, bytes | bytearray | memoryview):
        return {_MARK: ["bytes", base64.b64encode(bytes(value)).decode()]}
    if depth == 0:
        return _represented(value)
    if isinstance(value, Mapping):
        return {_key(key): _marked(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple | AbstractSet):
        return [_marked(item, depth - 1) for item in value]
    return _represented(value)


def _key(key: Any) -> str:
    if isinstance(key, str):
        return str.__str__(key)
    text: str = _represented(key)[_MARK][1]
    return text


def _represented(value: Any) -> dict[str, Any]:
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - any class may have a __repr__ that raises
        text = object.__repr__(value)
    return {_MARK: ["repr", text]}


def _unmarked(value: dict[str, Any]) -> Any:
    if set(value) != {_MARK}:
        return value
    kind, text = value[_MARK]
    match kind:
        case "int":
            return int(text, 16)
        case "float":
            return float(text)
        case "bytes":
            return base64.b64decode(text)
        case _:
            return text
