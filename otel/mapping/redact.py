"""Step 3: what may not leave by this configuration."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

__all__ = ["redact"]


def redact(properties: dict[str, Any], withheld: AbstractSet[str]) -> dict[str, Any]:
    """Return the properties without those that are withheld.

    Args:
        properties: declared and checked.
        withheld: names of properties that stay in.
    """
    if withheld.isdisjoint(properties):
        return properties
    return {name: value for name, value in properties.items() if name not in withheld}
