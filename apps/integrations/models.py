"""Connections to GitHub, Jira and Slack, the choices for each, and sync runs."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.integrations.fields import EncryptedTextField
from apps.metrics.models import Repository
from apps.teams.models import Team

__all__ = [
    "BROKEN_OFF_AFTER",
    "Connection",
    "JiraProject",
    "Provider",
    "SlackFeatures",
    "SyncOutcome",
    "SyncRun",
    "Trigger",
]

# A sync without progress for this long counts as interrupted. Progress is one page, which takes seconds, or a
# few minutes while other syncs keep the worker busy. Resuming a sync too early does no harm (`sync.worker`).
BROKEN_OFF_AFTER = timedelta(minutes=10)


class Provider(models.TextChoices):
    """A service that a team can connect."""

    GITHUB = "github", "GitHub"
    JIRA = "jira", "Jira"
    SLACK = "slack", "Slack"


class Trigger(models.TextChoices):
    """The cause of a sync."""

    ONBOARDING = "onboarding"
    MANUAL = "manual"
    SCHEDULED = "scheduled"


class SyncOutcome(models.TextChoices):
    """The result of a sync."""

    SUCCESS = "success"
    PARTIAL = "partial"
    FAILED = "failed"


class Connection(models.Model):
    """A team's access to one account at a provider; a disconnect keeps the row and deletes its tokens."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="connections")
    provider = models.CharField(max_length=10, choices=Provider)
    # The provider's id of the organization (GitHub), site (Jira's cloud id) or workspace (Slack).
    account_id = models.CharField(max_length=100)
    account_name = models.CharField(max_length=200)
    # The URL of the account's own page.
    site_url = models.URLField(max_length=300, blank=True)
    access_token = EncryptedTextField(blank=True)
    refresh_token = EncryptedTextField(blank=True)
    # When the access token expires; None if it does not expire.
    expires_at = models.DateTimeField(null=True)
    connected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="connections"
    )
    connected_at = models.DateTimeField(default=timezone.now)
    disconnected_at = models.DateTimeField(null=True)
    # Whether the provider ended the connection, which the page tells admins, and not a user.
    was_revoked = models.BooleanField(default=False)

    class Meta:
        """A constraint: one live connection per team and provider."""

        constraints = (
            models.UniqueConstraint(
                fields=["team", "provider"],
                condition=Q(disconnected_at=None),
                name="one_live_connection_per_provider",
            ),
        )

    def __str__(self) -> str:
        return f"{self.account_name} ({self.get_provider_display()})"


class JiraProject(models.Model):
    """A Jira project that a team follows."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="jira_projects")
    key = models.CharField(max_length=40)
    name = models.CharField(max_length=200)

    class Meta:
        """A constraint: one row per team and project."""

        constraints = (models.UniqueConstraint(fields=["team", "key"], name="one_row_per_project"),)

    def __str__(self) -> str:
        return self.key


class SlackFeatures(models.Model):
    """A team's Slack channel and the features that post to it."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="slack_features")
    channel_id = models.CharField(max_length=40)
    channel_name = models.CharField(max_length=100)
    surveys_enabled = models.BooleanField("ask authors whether AI helped", default=True)
    leaderboard_enabled = models.BooleanField("post who merged and reviewed most", default=True)
    reveals_enabled = models.BooleanField("reveal the share of AI-assisted work", default=True)
    # The Monday on which the last posted week ended; each week is posted once.
    posted_until = models.DateField(null=True, editable=False)

    def __str__(self) -> str:
        return f"{self.team} in {self.channel_name}"


class SyncRun(models.Model):
    """A sync of one repository; an interrupted run resumes where it stopped."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="sync_runs")
    trigger = models.CharField(max_length=10, choices=Trigger)
    is_initial = models.BooleanField()
    # Empty until the run ends.
    outcome = models.CharField(max_length=10, choices=SyncOutcome, blank=True)
    error_type = models.CharField(max_length=100, blank=True)
    prs_synced = models.PositiveIntegerField(default=0)
    # How many pull requests there are to sync; 0 if unknown.
    prs_expected = models.PositiveIntegerField(default=0)
    # GitHub's cursor at the end of the last saved page.
    cursor = models.CharField(max_length=200, blank=True)
    # Pull requests last changed before this time are not read; None in an initial sync, which reads all.
    since = models.DateTimeField(null=True)
    started_at = models.DateTimeField(default=timezone.now)
    # When the run last made progress.
    seen_at = models.DateTimeField(default=timezone.now)
    # When the run resumes, if GitHub limited the rate or did not answer.
    resumes_at = models.DateTimeField(null=True)
    # How often the run had to wait since its last page.
    delays = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        """A constraint: one unfinished run per repository."""

        constraints = (
            models.UniqueConstraint(
                fields=["repository"], condition=Q(finished_at=None), name="one_sync_at_a_time"
            ),
        )

    def __str__(self) -> str:
        return f"{self.repository} at {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def is_broken_off(self) -> bool:
        """Whether the run was interrupted: it has not ended, and no worker makes progress."""
        expected_at = max(self.seen_at, self.resumes_at or self.seen_at)
        return self.finished_at is None and expected_at + BROKEN_OFF_AFTER < timezone.now()
