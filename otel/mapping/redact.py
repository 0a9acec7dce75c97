"""Step 3: remove the properties that the configuration withholds."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

__all__ = ["redact"]


def redact(properties: dict[str, Any], withheld: AbstractSet[str]) -> dict[str, Any]:
    """Return the properties without the withheld ones.

    Args:
        properties: declared and validated properties.
        withheld: the names of the properties to remove.
    """
    if withheld.isdisjoint(properties):
        return properties
    return {name: value for name, value in properties.items() if name not in withheld}
