"""The progress of a team's onboarding."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.teams.models import Team

__all__ = ["Step", "StepOutcome", "StepRecord"]


class Step(models.TextChoices):
    """The steps of the onboarding, in order."""

    GITHUB = "github", "GitHub"
    REPOS = "repos", "Repositories"
    JIRA = "jira", "Jira"
    SLACK = "slack", "Slack"


class StepOutcome(models.TextChoices):
    """The outcome of a step."""

    COMPLETED = "completed"
    SKIPPED = "skipped"


class StepRecord(models.Model):
    """A step that a team has completed or skipped."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="onboarding_steps")
    step = models.CharField(max_length=10, choices=Step)
    outcome = models.CharField(max_length=10, choices=StepOutcome)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        """A constraint to one row per team and step."""

        constraints = (models.UniqueConstraint(fields=["team", "step"], name="each_step_once"),)

    def __str__(self) -> str:
        return f"{self.team}: {self.step} {self.outcome}"
