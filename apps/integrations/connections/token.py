"""Access tokens that have not expired: Jira's last an hour, and the first caller that needs one renews it."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.integrations.connections.lifecycle import disconnect
from apps.integrations.models import Connection
from apps.integrations.providers import jira
from apps.integrations.providers.errors import RevokedError

__all__ = ["fresh_token"]

# Longer than the calls that use a token take.
_LEEWAY = timedelta(minutes=2)

_RENEWED = ("access_token", "refresh_token", "expires_at")


def fresh_token(connection: Connection) -> str:
    """Return an access token that is not about to expire, renewing it if needed.

    Renewing asks the provider, so do not call this function inside a transaction.

    Args:
        connection: a live connection, which is updated with the new token.

    Raises:
        ProviderError: if the token cannot be renewed. If the provider refuses the refresh token, the
            connection is ended and the error is a `RevokedError`.
    """
    if _is_ending(connection):
        try:
            _renew(connection)
        except Connection.DoesNotExist as error:
            message = "the connection ended meanwhile"
            raise RevokedError(message) from error
        except RevokedError:
            disconnect(connection, refused=connection.refresh_token)
            raise
    return str(connection.access_token)


# Durable, because a rollback would leave only the used refresh token. The lock is held during the request, so
# that a second caller finds the new tokens instead of sending the old refresh token again.
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
