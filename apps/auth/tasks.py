"""What becomes of the ways to a provider that nobody has gone to their end."""

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
    """Forget the ways whose time is over; what was granted on them is given back, as it may never end."""
    expired = Authorization.expired()
    # Each secret is read by itself: one whose key is gone keeps none of the others from being given back.
    for one in expired.exclude(waiting="").defer("verifier", "waiting"):
        with suppress(InvalidToken, Authorization.DoesNotExist):
            waiting = PendingChoice.from_text(one.waiting)
            if Authorization.objects.filter(pk=one.pk).delete()[0]:
                give_back(Provider(one.provider), waiting.grant.access_token)
    expired.delete()
