"""Connections to GitHub, Jira and Slack, what is chosen of them, and syncs."""

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

# A sync that makes no step for so long was broken off. A step is one page, which takes seconds, or a few
# minutes while other syncs keep the worker busy; one taken up too early does no harm (`syncing`).
BROKEN_OFF_AFTER = timedelta(minutes=10)


class Provider(models.TextChoices):
    """Name what a team can connect."""

    GITHUB = "github", "GitHub"
    JIRA = "jira", "Jira"
    SLACK = "slack", "Slack"


class Trigger(models.TextChoices):
    """Name what has started a sync."""

    ONBOARDING = "onboarding"
    MANUAL = "manual"
    SCHEDULED = "scheduled"


class SyncOutcome(models.TextChoices):
    """Name how a sync has ended."""

    SUCCESS = "success"
    PARTIAL = "partial"
    FAILED = "failed"


class Connection(models.Model):
    """Be a team's access to one account at a provider; disconnected, the row stays without its tokens."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="connections")
    provider = models.CharField(max_length=10, choices=Provider)
    # The organisation (GitHub), cloud id (Jira) or workspace (Slack).
    account_id = models.CharField(max_length=100)
    account_name = models.CharField(max_length=200)
    # Where people find it in their browser.
    site_url = models.URLField(max_length=300, blank=True)
    access_token = EncryptedTextField(blank=True)
    refresh_token = EncryptedTextField(blank=True)
    # When the access token ends; None for one that does not.
    expires_at = models.DateTimeField(null=True)
    connected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="connections"
    )
    connected_at = models.DateTimeField(default=timezone.now)
    disconnected_at = models.DateTimeField(null=True)
    # Whether the provider ended it, which an admin is to hear, and not one of us.
    was_revoked = models.BooleanField(default=False)

    class Meta:
        """Keep one live connection a team and provider."""

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
    """Be a Jira project that a team follows."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="jira_projects")
    key = models.CharField(max_length=40)
    name = models.CharField(max_length=200)

    class Meta:
        """Keep one row a project."""

        constraints = (models.UniqueConstraint(fields=["team", "key"], name="one_row_per_project"),)

    def __str__(self) -> str:
        return self.key


class SlackFeatures(models.Model):
    """Hold what a team wants to get in Slack, and where."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="slack_features")
    channel_id = models.CharField(max_length=40)
    channel_name = models.CharField(max_length=100)
    surveys_enabled = models.BooleanField("ask authors whether AI helped", default=True)
    leaderboard_enabled = models.BooleanField("post who merged and reviewed most", default=True)
    reveals_enabled = models.BooleanField("reveal the share of AI-assisted work", default=True)
    # The Monday on which the last posted week ended, which is posted once.
    posted_until = models.DateField(null=True, editable=False)

    def __str__(self) -> str:
        return f"{self.team} in {self.channel_name}"


class SyncRun(models.Model):
    """Be one sync of one repository; a run that was broken off goes on where it stopped."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="sync_runs")
    trigger = models.CharField(max_length=10, choices=Trigger)
    is_initial = models.BooleanField()
    # Empty while it runs.
    outcome = models.CharField(max_length=10, choices=SyncOutcome, blank=True)
    error_type = models.CharField(max_length=100, blank=True)
    prs_synced = models.PositiveIntegerField(default=0)
    # How many there are to do, as far as GitHub has said.
    prs_expected = models.PositiveIntegerField(default=0)
    # GitHub's cursor behind the last page that is done.
    cursor = models.CharField(max_length=200, blank=True)
    # Pull requests changed before this need no look; None in an initial sync.
    since = models.DateTimeField(null=True)
    started_at = models.DateTimeField(default=timezone.now)
    # When it last made a step; one that makes none for long was broken off.
    seen_at = models.DateTimeField(default=timezone.now)
    # When it goes on, if GitHub has asked it to wait, or did not answer.
    resumes_at = models.DateTimeField(null=True)
    # How often in a row it has had to wait since its last page.
    delays = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        """Let one sync of a repository run at a time."""

        constraints = (
            models.UniqueConstraint(
                fields=["repository"], condition=Q(finished_at=None), name="one_sync_at_a_time"
            ),
        )

    def __str__(self) -> str:
        return f"{self.repository} at {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def is_broken_off(self) -> bool:
        """Whether nobody works on it any more, although it has not ended."""
        expected_at = max(self.seen_at, self.resumes_at or self.seen_at)
        return self.finished_at is None and expected_at + BROKEN_OFF_AFTER < timezone.now()
