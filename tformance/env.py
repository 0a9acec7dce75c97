"""Functions that read settings from environment variables and raise an error for invalid values."""

from __future__ import annotations

import os
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

__all__ = ["env_bool", "env_choice", "env_list", "env_str"]

_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def env_str(name: str, default: str = "") -> str:
    """Read a string; an empty variable counts as an absent one.

    Args:
        name: the variable's name.
        default: the value if the variable is absent or empty.
    """
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, *, default: bool) -> bool:
    """Read a boolean.

    Args:
        name: the variable's name.
        default: the value if the variable is absent or empty.

    Raises:
        ImproperlyConfigured: if the value is not true, 1, yes, false, 0 or no.
    """
    raw = env_str(name)
    if not raw:
        return default
    value = _BOOLEANS.get(raw.lower())
    if value is None:
        msg = f"{name}={raw!r}: use true or false"
        raise ImproperlyConfigured(msg)
    return value


def env_list(name: str, default: Sequence[str] = ()) -> list[str]:
    """Read a comma-separated list.

    Args:
        name: the variable's name.
        default: the value if the variable is absent or empty.
    """
    raw = env_str(name)
    return [part.strip() for part in raw.split(",") if part.strip()] if raw else list(default)


def env_choice(name: str, choices: Sequence[str], default: str) -> str:
    """Read one of a few values.

    Args:
        name: the variable's name.
        choices: the allowed values.
        default: the value if the variable is absent or empty.

    Raises:
        ImproperlyConfigured: if the value is not one of `choices`.
    """
    raw = env_str(name, default)
    if raw not in choices:
        msg = f"{name}={raw!r}: use one of {', '.join(choices)}"
        raise ImproperlyConfigured(msg)
    return raw
