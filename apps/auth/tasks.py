"""Cleanup of OAuth authorizations that nobody completed."""

from __future__ import annotations

from contextlib import suppress

from celery import shared_task
from cryptography.fernet import InvalidToken

from apps.auth.models import Authorization
from apps.auth.pending_choice import PendingChoice
from apps.integrations.connections.revocation import give_back
from apps.integrations.models import Provider

__all__ = ["give_up_expired"]


@shared_task
def give_up_expired() -> None:
    """Delete expired authorizations and revoke the access they granted, which may not expire by itself."""
    expired = Authorization.expired()
    # Each row is decrypted on its own, so that one whose key is gone does not stop the others.
    for one in expired.exclude(waiting="").defer("verifier", "waiting"):
        with suppress(InvalidToken, Authorization.DoesNotExist):
            waiting = PendingChoice.from_text(one.waiting)
            if Authorization.objects.filter(pk=one.pk).delete()[0]:
                give_back(Provider(one.provider), waiting.grant.access_token)
    expired.delete()
