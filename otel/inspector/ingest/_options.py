"""The options of a capture v1 event (V1-12, V1-13; rust/capture/src/v1/analytics/types.rs @00ddd03)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from otel.inspector.ingest.values.ids import trimmed

__all__ = ["OptionsError", "read_options"]

_TRUTHS: Mapping[str, bool] = {"true": True, "1": True, "false": False, "0": False}


class OptionsError(ValueError):
    """Raised for options, or one of them, that PostHog cannot read."""


def read_options(options: object) -> dict[str, Any]:
    """Return the properties that options turn into; null and unknown ones are left out.

    Args:
        options: parsed JSON.

    Raises:
        OptionsError: for what is no object, and for a value of a wrong type.
    """
    if options is None:
        return {}
    if not isinstance(options, dict):
        msg = "options are not an object"
        raise OptionsError(msg)
    properties: dict[str, Any] = {}
    # In this order, which is the one in which PostHog appends them.
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
    msg = f"{value!r} is not a text"
    raise OptionsError(msg)


_KNOWN: Mapping[str, tuple[str, Callable[[object], bool | str]]] = {
    "cookieless_mode": ("$cookieless_mode", _flag),
    "disable_skew_correction": ("$ignore_sent_at", _flag),
    "product_tour_id": ("$product_tour_id", _text),
    "process_person_profile": ("$process_person_profile", _flag),
}
