"""System checks for OAuth apps that are half set up and for invalid encryption keys."""

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
    """Return an error for each provider with only one of its client id and client secret set."""
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
                hint="Set both to the values of the OAuth app, or unset both to disable the provider.",
                id="integrations.E001",
            )


@checks.register("integrations")
def check_keys(**_: Any) -> list[checks.CheckMessage]:
    """Return an error for each of `TOKEN_KEYS` that is not a Fernet key."""
    wrong = [place for place, key in enumerate(settings.TOKEN_KEYS, 1) if not _is_key(key)]
    return [
        checks.Error(
            f"key {place} of TOKEN_KEYS is not a Fernet key: tokens can't be stored or read",
            hint="Generate a key with cryptography.fernet.Fernet.generate_key().",
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
