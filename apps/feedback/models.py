"""Stored feedback."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.teams.models import Team

__all__ = ["Category", "Feedback"]


class Category(models.TextChoices):
    """The kind of feedback."""

    IDEA = "idea"
    PROBLEM = "problem"
    PRAISE = "praise"
    OTHER = "other"


class Feedback(models.Model):
    """A person's feedback; it is kept without its author when the account is deleted."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="feedback")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    category = models.CharField(max_length=10, choices=Category, default=Category.IDEA)
    text = models.TextField("what would you like to tell us?", max_length=5000, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"{self.category} from {self.team}"
