"""Step 6: reject events that exceed PostHog's size limit, and convert values that JSON cannot represent."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping
from typing import Any

from otel.envelope import Capture, Rejection
from otel.reasons import Reason
from otel.text.unicode import to_valid_text

__all__ = ["limit", "to_json_value"]

# In bytes. PostHog v1 drops events with longer names, v0 truncates the names (`wire.md` section 1.3).
MAX_NAME = 200
# PostHog discards an event over 1 MB after responding 200 (`wire.md` section 1.3); 200,000 characters stay
# below it even if JSON escapes each of them to four bytes. Delivery also measures the encoded bytes.
MAX_CHARACTERS = 200_000
# Deeper than events that a person would write, and shallow enough for every JSON parser.
MAX_DEPTH = 5
MAX_ITEMS = 100


def limit(capture: Capture) -> Capture | Rejection:
    """Return the capture, or a rejection if the capture exceeds PostHog's size limit.

    Args:
        capture: a complete capture.
    """
    size = len(capture.event.encode("utf-8", "replace"))
    if size > MAX_NAME:
        return Rejection(Reason.TOO_LARGE, f"the name has {size} bytes, {MAX_NAME} are allowed")
    characters = _characters((capture.properties,))
    if characters > MAX_CHARACTERS:
        return Rejection(Reason.TOO_LARGE, f"{characters} characters, {MAX_CHARACTERS} are allowed")
    return capture


def _characters(values: Iterable[Any]) -> int:
    characters = 0
    for value in values:
        kind = type(value)
        if kind is str:
            characters += len(value)
        elif kind is dict:
            characters += sum(map(len, value)) + _characters(value.values())
        elif kind is list:
            characters += _characters(value)
        else:
            characters += 8
    return characters


def to_json_value(value: Any, depth: int = 0) -> Any:
    """Return the JSON form of any attribute value, for events without a declaration.

    Args:
        value: an attribute's value.
        depth: the nesting depth of the value inside the attribute.
    """
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value) if -(2**63) <= value < 2**64 else to_valid_text(hex(value))
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, bytes):
        return to_valid_text(base64.b64encode(value[:MAX_CHARACTERS]).decode("ascii"))
    if depth < MAX_DEPTH and isinstance(value, Mapping):
        items = list(value.items())[:MAX_ITEMS]
        return {to_valid_text(str(key)): to_json_value(one, depth + 1) for key, one in items}
    if depth < MAX_DEPTH and isinstance(value, list | tuple):
        return [to_json_value(one, depth + 1) for one in value[:MAX_ITEMS]]
    return to_valid_text(str(value))
