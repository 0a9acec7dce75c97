"""Models of a team's code: repositories, pull requests, reviews."""

from __future__ import annotations

from django.db import models

from apps.teams.models import Team

__all__ = ["PullRequest", "PullRequestState", "Repository", "Review"]


class PullRequestState(models.TextChoices):
    """The state of a pull request."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


class Repository(models.Model):
    """A repository of a team; it is synced if the team has chosen it."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="repositories")
    # GitHub's id: a repository keeps it when it is renamed.
    external_id = models.BigIntegerField()
    full_name = models.CharField(max_length=200)
    is_tracked = models.BooleanField(default=False)

    class Meta:
        """A constraint to one row per team and repository."""

        constraints = (
            models.UniqueConstraint(fields=["team", "external_id"], name="one_repository_per_team"),
        )

    def __str__(self) -> str:
        return self.full_name


class PullRequest(models.Model):
    """A pull request, with the figures that the pages aggregate."""

    # Also available through the repository; repeated because every page filters by team and time.
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="pull_requests")
    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="pull_requests")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=300)
    url = models.URLField(max_length=300)
    author = models.CharField(max_length=100)
    state = models.CharField(max_length=6, choices=PullRequestState)
    opened_at = models.DateTimeField()
    first_review_at = models.DateTimeField(null=True)
    merged_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    additions = models.PositiveIntegerField(default=0)
    deletions = models.PositiveIntegerField(default=0)
    changed_files = models.PositiveIntegerField(default=0)
    # The AI tool that has helped, such as "Claude"; empty if no tool is known.
    ai_tool = models.CharField(max_length=40, blank=True)
    is_ai_assisted = models.BooleanField(default=False)
    # Hours from opening to merging, and to the first review by another person.
    cycle_hours = models.FloatField(null=True)
    review_hours = models.FloatField(null=True)
    # The Jira key in the title or the branch name, such as "ENG-12".
    issue_key = models.CharField(max_length=40, blank=True)

    class Meta:
        """A constraint to one row per pull request, and indexes for the queries by team and time."""

        constraints = (
            models.UniqueConstraint(fields=["repository", "number"], name="one_row_per_pull_request"),
        )
        indexes = (
            models.Index(fields=["team", "opened_at"], name="pull_request_team_opened"),
            models.Index(fields=["team", "first_review_at"], name="pull_request_team_reviewed"),
            models.Index(fields=["team", "merged_at"], name="pull_request_team_merged"),
        )

    def __str__(self) -> str:
        return f"{self.repository}#{self.number}"

    @property
    def size(self) -> int:
        """The number of lines added and deleted."""
        return self.additions + self.deletions


class Review(models.Model):
    """A review of a pull request."""

    pull_request = models.ForeignKey(PullRequest, on_delete=models.CASCADE, related_name="reviews")
    external_id = models.CharField(max_length=60)
    reviewer = models.CharField(max_length=100)
    # GitHub's states in lower case: approved, changes_requested, commented, dismissed.
    state = models.CharField(max_length=20)
    submitted_at = models.DateTimeField()

    class Meta:
        """A constraint to one row per review."""

        constraints = (
            models.UniqueConstraint(fields=["pull_request", "external_id"], name="one_row_per_review"),
        )

    def __str__(self) -> str:
        return f"{self.reviewer} on {self.pull_request_id}"
