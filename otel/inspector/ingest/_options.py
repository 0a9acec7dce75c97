"""The options of a capture v1 event (V1-12, V1-13; rust/capture/src/v1/analytics/types.rs @00ddd03)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from otel.inspector.ingest.values.ids import trimmed

__all__ = ["OptionsError", "read_options"]

_TRUTHS: Mapping[str, bool] = {"true": True, "1": True, "false": False, "0": False}


class OptionsError(ValueError):
    """Raised for options, or a single option, that PostHog cannot read."""


def read_options(options: object) -> dict[str, Any]:
    """Return the properties for an event's options, without null values and unknown names.

    Args:
        options: parsed JSON.

    Raises:
        OptionsError: if `options` is not an object, or a value has the wrong type.
    """
    if options is None:
        return {}
    if not isinstance(options, dict):
        msg = "options are not an object"
        raise OptionsError(msg)
    properties: dict[str, Any] = {}
    # PostHog appends the properties in this order.
    for name, (property_name, read) in _KNOWN.items():
        value = options.get(name)
        if value is not None:
            properties[property_name] = read(value)
    return properties


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value != 0
    truth = _TRUTHS.get(trimmed(value).lower()) if isinstance(value, str) else None
    if truth is None:
        msg = f"{value!r} is neither true nor false"
        raise OptionsError(msg)
    return truth


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    msg = f"{value!r} is not a string"
    raise OptionsError(msg)


_KNOWN: Mapping[str, tuple[str, Callable[[object], bool | str]]] = {
    "cookieless_mode": ("$cookieless_mode", _flag),
    "disable_skew_correction": ("$ignore_sent_at", _flag),
    "product_tour_id": ("$product_tour_id", _text),
    "process_person_profile": ("$process_person_profile", _flag),
}
