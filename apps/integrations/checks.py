"""System checks: OAuth apps that are half set up, and keys that encrypt nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core import checks

from apps.integrations.models import Provider

__all__ = ["check_apps", "check_keys"]


@checks.register("integrations")
def check_apps(**_: Any) -> list[checks.CheckMessage]:
    """Return what is wrong with the OAuth apps."""
    return list(_apps())


def _apps() -> Iterator[checks.CheckMessage]:
    for provider in Provider:
        has_id, has_secret = (
            bool(getattr(settings, f"{provider.name}_CLIENT_{part}")) for part in ("ID", "SECRET")
        )
        if has_id != has_secret:
            there, missing = ("ID", "SECRET") if has_id else ("SECRET", "ID")
            yield checks.Error(
                f"{provider.name}_CLIENT_{there} is set and {provider.name}_CLIENT_{missing} is not: "
                f"{provider.label} cannot be connected",
                hint="Set both to those of the OAuth app, or neither to do without.",
                id="integrations.E001",
            )


@checks.register("integrations")
def check_keys(**_: Any) -> list[checks.CheckMessage]:
    """Return what is wrong with the keys by which tokens lie encrypted."""
    wrong = [place for place, key in enumerate(settings.TOKEN_KEYS, 1) if not _is_key(key)]
    return [
        checks.Error(
            f"key {place} of TOKEN_KEYS is no Fernet key: no token can be stored or read",
            hint="Make one by cryptography.fernet.Fernet.generate_key().",
            id="integrations.E002",
        )
        for place in wrong
    ]


def _is_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True
