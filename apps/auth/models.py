"""Ways to a provider and back that are under way."""

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

# To log in at the provider, find the second factor, and read what is asked for; and then to choose.
LIFETIME = timedelta(minutes=10)


class Authorization(models.Model):
    """Be one person's way to a provider and back; who deletes the row goes on, so that nobody does twice.

    It is a row and not a part of the session, because two answers at once would each write their session.
    """

    id = models.UUIDField(primary_key=True, default=uuid4)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    provider = models.CharField(max_length=10, choices=Provider)
    # Where it began: onboarding or settings.
    flow = models.CharField(max_length=10)
    # A digest of the session that it began in.
    session = models.CharField(max_length=64)
    # PKCE's secret, shown when the person is back; empty from then on.
    verifier = EncryptedTextField(blank=True)
    # For a person who is back: what was granted, and the accounts to choose from.
    waiting = EncryptedTextField(blank=True)
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.user} to {self.get_provider_display()} for {self.team}"

    @classmethod
    def expired(cls) -> models.QuerySet[Authorization]:
        """Return the ways whose time is over."""
        return cls.objects.filter(since__lt=timezone.now() - LIFETIME)
