"""OAuth authorizations that are in progress."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.integrations.fields import EncryptedTextField
from apps.integrations.models import Provider
from apps.teams.models import Team

__all__ = ["LIFETIME", "Authorization"]

# Time to log in at the provider, find the second factor, and review the requested access; a choice of
# accounts that follows has the same time again.
LIFETIME = timedelta(minutes=10)


class Authorization(models.Model):
    """An OAuth authorization in progress; the request that deletes the row completes it, so it is used once.

    It is a row and not a part of the session, because two concurrent callbacks would each read and save their
    own copy of the session.
    """

    id = models.UUIDField(primary_key=True, default=uuid4)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    provider = models.CharField(max_length=10, choices=Provider)
    # Where the user started: "onboarding" or "settings".
    flow = models.CharField(max_length=10)
    # A digest of the key of the session in which the user started.
    session = models.CharField(max_length=64)
    # PKCE's secret, sent with the code; empty once the code is exchanged.
    verifier = EncryptedTextField(blank=True)
    # A `PendingChoice` as text, once the code is exchanged: the grant and the accounts to choose from.
    waiting = EncryptedTextField(blank=True)
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.user} to {self.get_provider_display()} for {self.team}"

    @classmethod
    def expired(cls) -> models.QuerySet[Authorization]:
        """Return the authorizations that are older than `LIFETIME`."""
        return cls.objects.filter(since__lt=timezone.now() - LIFETIME)
