"""A token that works now: Jira's end after an hour, and are renewed by whoever comes first."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.integrations.connections.lifecycle import disconnect
from apps.integrations.models import Connection
from apps.integrations.providers import jira
from apps.integrations.providers.errors import RevokedError

__all__ = ["fresh_token"]

# Longer than the calls that are made with a token take.
_LEEWAY = timedelta(minutes=2)

_RENEWED = ("access_token", "refresh_token", "expires_at")


def fresh_token(connection: Connection) -> str:
    """Return an access token with some time left; it may ask the provider for it, outside of transactions.

    Args:
        connection: a live one; it holds the new token then.

    Raises:
        ProviderError: if the token cannot be renewed; if it never can, the connection is disconnected, and
            this is a `RevokedError`.
    """
    if _is_ending(connection):
        try:
            _renew(connection)
        except Connection.DoesNotExist as error:
            message = "disconnected meanwhile"
            raise RevokedError(message) from error
        except RevokedError:
            disconnect(connection, refused=connection.refresh_token)
            raise
    return str(connection.access_token)


# Durable: rolled back, the used refresh token would be all that is left. The lock is held while the provider
# is asked, so that who comes second finds the new pair instead of showing the old refresh token once more.
@transaction.atomic(durable=True)
def _renew(connection: Connection) -> None:
    live = Connection.objects.select_for_update().filter(disconnected_at=None)
    connection.refresh_from_db(fields=_RENEWED, from_queryset=live)
    if _is_ending(connection):
        grant = jira.refresh(connection.refresh_token)
        connection.access_token, connection.refresh_token = grant.access_token, grant.refresh_token
        connection.expires_at = grant.expires_at
        connection.save(update_fields=_RENEWED)


def _is_ending(connection: Connection) -> bool:
    return connection.expires_at is not None and connection.expires_at <= timezone.now() + _LEEWAY
