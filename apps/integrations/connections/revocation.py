"""Revocation of tokens at their provider."""

from __future__ import annotations

import logging

from cryptography.fernet import InvalidToken

from apps.integrations.models import Connection, Provider
from apps.integrations.providers import PROVIDERS
from apps.integrations.providers.errors import ProviderError

__all__ = ["give_back"]

_log = logging.getLogger(__name__)


def give_back(provider: Provider, token: str, *, account_id: str | None = None) -> None:
    """Revoke a token unless a live connection uses it, as Slack issues one token for a whole workspace.

    Our copy of the token is deleted either way, so a failure is only logged.

    Args:
        provider: the provider that issued the token.
        token: an access token.
        account_id: the provider's id of the account; None if no account was chosen yet.
    """
    live = Connection.objects.filter(provider=provider, disconnected_at=None)
    if account_id is not None:
        live = live.filter(account_id=account_id)
    try:
        if token not in live.values_list("access_token", flat=True):
            PROVIDERS[provider].revoke(token)
    except (InvalidToken, ProviderError) as error:
        _log.warning("%s's token was deleted but could not be revoked: %r", provider.label, error)
