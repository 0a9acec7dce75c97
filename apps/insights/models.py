"""The insights that were found in a team's metrics."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.teams.models import Team

__all__ = ["Insight", "InsightKind", "Priority"]


class InsightKind(models.TextChoices):
    """The rule that found an insight."""

    CHANGE = "change"
    AI_MILESTONE = "ai_milestone"
    SLOW_REVIEWS = "slow_reviews"


class Priority(models.TextChoices):
    """The urgency of an insight."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Insight(models.Model):
    """A noteworthy finding in a team's metrics."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="insights")
    kind = models.CharField(max_length=20, choices=InsightKind)
    # Identifies the finding, so that it is not saved twice; for example "cycle_hours:2026-W47".
    key = models.CharField(max_length=100)
    priority = models.CharField(max_length=6, choices=Priority)
    title = models.CharField(max_length=200)
    body = models.TextField()
    found_at = models.DateTimeField(default=timezone.now)
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        """A constraint that prevents saving the same finding twice."""

        constraints = (models.UniqueConstraint(fields=["team", "kind", "key"], name="found_once"),)

    def __str__(self) -> str:
        return self.title
