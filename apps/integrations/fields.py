"""A text that lies encrypted in the database."""

from __future__ import annotations

from functools import cache
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models

__all__ = ["EncryptedTextField"]


# Written here, because the packaged fields hand out what they cannot decrypt as if it were the secret.
class EncryptedTextField(models.TextField):  # type: ignore[type-arg]  # generic for the checker only
    """Keep a secret: encrypted with the first of `settings.TOKEN_KEYS`, read with any of them."""

    def get_prep_value(self, value: Any) -> Any:
        """Return what is stored."""
        return _cipher(tuple(settings.TOKEN_KEYS)).encrypt(value.encode()).decode() if value else ""

    def from_db_value(self, value: Any, *_: object) -> Any:
        """Return the secret; `cryptography.fernet.InvalidToken` if no key fits."""
        return _cipher(tuple(settings.TOKEN_KEYS)).decrypt(value.encode()).decode() if value else ""


@cache
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
