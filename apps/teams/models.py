"""Teams, who is in them, and who is invited."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

__all__ = [
    "INVITATION_LIFETIME",
    "Invitation",
    "InvitationState",
    "Membership",
    "Plan",
    "Role",
    "Team",
    "new_expiry",
    "new_token",
]

# Long enough for a holiday; a resend starts it anew.
INVITATION_LIFETIME = timedelta(days=14)


class Plan(models.TextChoices):
    """Name what a team pays for."""

    TRIAL = "trial"
    STARTER = "starter"
    PRO = "pro"


class Role(models.TextChoices):
    """Name what a member may do: an admin may change the team and its members."""

    ADMIN = "admin"
    MEMBER = "member"


class InvitationState(StrEnum):
    """Say what has become of an invitation."""

    OPEN = "open"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Team(models.Model):
    """Be a customer's team."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=60, unique=True)
    plan = models.CharField(max_length=10, choices=Plan, default=Plan.TRIAL)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # When the last step of the onboarding was left.
    onboarded_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """Be one person's place in one team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # When the person last turned to this team: where a new session begins, and whose role the person has.
    current_since = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Let nobody be in a team twice."""

        constraints = (models.UniqueConstraint(fields=["team", "user"], name="one_membership_per_team"),)

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


def new_token() -> str:
    """Return what nobody can guess."""
    return secrets.token_urlsafe(32)


def new_expiry() -> datetime:
    """Return when an invitation that is sent now expires."""
    return timezone.now() + INVITATION_LIFETIME


class Invitation(models.Model):
    """Be a link, sent by e-mail, that lets the invited address join a team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # When the first mail was sent; what is sent from then on is sent again.
    sent_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(default=new_expiry)
    cancelled_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        """Keep one invitation at a time per address; another one is a resend."""

        constraints = (
            models.UniqueConstraint(
                "team",
                Lower("email"),
                condition=Q(accepted_at=None, cancelled_at=None),
                name="one_pending_invitation_per_address",
            ),
        )

    def __str__(self) -> str:
        return f"{self.email} to {self.team}"

    @property
    def state(self) -> InvitationState:
        """What has become of it."""
        if self.accepted_at:
            return InvitationState.ACCEPTED
        if self.cancelled_at:
            return InvitationState.CANCELLED
        return InvitationState.EXPIRED if self.expires_at <= timezone.now() else InvitationState.OPEN

    def is_for(self, email: str) -> bool:
        """Whether it was sent to an address.

        Args:
            email: the address of who holds the link.
        """
        return self.email.lower() == email.lower()
