"""Giving a token back to its provider."""

from __future__ import annotations

import logging

from cryptography.fernet import InvalidToken

from apps.integrations.models import Connection, Provider
from apps.integrations.providers import PROVIDERS
from apps.integrations.providers.errors import ProviderError

__all__ = ["give_back"]

_log = logging.getLogger(__name__)


def give_back(provider: Provider, token: str, *, account_id: str | None = None) -> None:
    """Revoke a token, unless a connection still lives by it: Slack has one for all of a workspace.

    It is a courtesy: we have forgotten the token either way, so a failure is only logged.

    Args:
        provider: whose.
        token: an access token.
        account_id: what it was for, if that is known.
    """
    live = Connection.objects.filter(provider=provider, disconnected_at=None)
    if account_id is not None:
        live = live.filter(account_id=account_id)
    try:
        if token not in live.values_list("access_token", flat=True):
            PROVIDERS[provider].revoke(token)
    except (InvalidToken, ProviderError) as error:
        _log.warning("%s's token is forgotten, but could not be revoked: %r", provider.label, error)
