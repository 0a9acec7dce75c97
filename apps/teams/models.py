"""Teams, memberships and invitations."""

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

# Longer than most vacations; resending an invitation restarts it.
INVITATION_LIFETIME = timedelta(days=14)


class Plan(models.TextChoices):
    """The plan that a team pays for."""

    TRIAL = "trial"
    STARTER = "starter"
    PRO = "pro"


class Role(models.TextChoices):
    """The role of a member; an admin may change the team and its members."""

    ADMIN = "admin"
    MEMBER = "member"


class InvitationState(StrEnum):
    """The state of an invitation."""

    OPEN = "open"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Team(models.Model):
    """A customer's team."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=60, unique=True)
    plan = models.CharField(max_length=10, choices=Plan, default=Plan.TRIAL)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # When the team completed the onboarding, with or without skipped steps.
    onboarded_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's membership in a team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # When the person last switched to this team. The latest one is current in a new session, and its role is
    # the person's role in PostHog.
    current_since = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """A constraint: one membership per team and person."""

        constraints = (models.UniqueConstraint(fields=["team", "user"], name="one_membership_per_team"),)

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(32)


def new_expiry() -> datetime:
    """Return when an invitation that is sent now expires."""
    return timezone.now() + INVITATION_LIFETIME


class Invitation(models.Model):
    """An invitation: a link, sent by email, with which the owner of the address can join a team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # When the first email was sent; later emails count as resent.
    sent_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(default=new_expiry)
    cancelled_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        """A constraint: one pending invitation per team and address."""

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
        """The state of the invitation now."""
        if self.accepted_at:
            return InvitationState.ACCEPTED
        if self.cancelled_at:
            return InvitationState.CANCELLED
        return InvitationState.EXPIRED if self.expires_at <= timezone.now() else InvitationState.OPEN

    def is_for(self, email: str) -> bool:
        """Return whether the invitation was sent to an address.

        Args:
            email: the address of the person who opened the link.
        """
        return self.email.lower() == email.lower()
