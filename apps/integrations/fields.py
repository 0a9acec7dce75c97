"""Model field for text that is encrypted in the database."""

from __future__ import annotations

from functools import cache
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models

__all__ = ["EncryptedTextField"]


# A field of our own, because packaged fields return text that they cannot decrypt as if it were the secret.
class EncryptedTextField(models.TextField):  # type: ignore[type-arg]  # generic for the checker only
    """A secret text, encrypted with the first of `settings.TOKEN_KEYS` and decrypted with any of them."""

    def get_prep_value(self, value: Any) -> Any:
        """Return the encrypted text; empty text is stored as it is."""
        return _cipher(tuple(settings.TOKEN_KEYS)).encrypt(value.encode()).decode() if value else ""

    def from_db_value(self, value: Any, *_: object) -> Any:
        """Return the secret.

        Raises:
            cryptography.fernet.InvalidToken: if none of the keys can decrypt it.
        """
        return _cipher(tuple(settings.TOKEN_KEYS)).decrypt(value.encode()).decode() if value else ""


@cache
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
