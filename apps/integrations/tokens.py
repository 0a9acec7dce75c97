"""A token that works now: Jira's end after an hour, and are renewed by whoever comes first."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.integrations.connections import disconnect
from apps.integrations.models import Connection
from apps.integrations.providers import jira
from apps.integrations.providers.errors import RevokedError

__all__ = ["fresh_token"]

# Longer than the calls that are made with a token take.
_LEEWAY = timedelta(minutes=2)


def fresh_token(connection: Connection) -> str:
    """Return an access token with some time left; it may ask the provider for it, outside of transactions.

    Args:
        connection: a live one.

    Raises:
        ProviderError: if the token cannot be renewed; if it never can, the connection is disconnected, and
            this is a `RevokedError`.
    """
    if not _is_ending(connection):
        return str(connection.access_token)
    try:
        return _renew(connection.pk)
    except RevokedError:
        disconnect(connection, reason="revoked")
        raise


# Durable: rolled back, the used refresh token would be all that is left. The lock is held while the provider
# is asked, so that who comes second finds the new pair instead of showing the old refresh token once more.
@transaction.atomic(durable=True)
def _renew(pk: int) -> str:
    locked = Connection.objects.select_for_update().filter(pk=pk, disconnected_at=None).first()
    if locked is None:
        message = "disconnected meanwhile"
        raise RevokedError(message)
    if _is_ending(locked):
        grant = jira.refresh(locked.refresh_token)
        locked.access_token, locked.refresh_token = grant.access_token, grant.refresh_token
        locked.expires_at = grant.expires_at
        locked.save(update_fields=["access_token", "refresh_token", "expires_at"])
    return str(locked.access_token)


def _is_ending(connection: Connection) -> bool:
    return connection.expires_at is not None and connection.expires_at <= timezone.now() + _LEEWAY
