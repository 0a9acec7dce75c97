"""Events of connections and syncs."""

from __future__ import annotations

from typing import Literal

from otel.events import Organisation, TeamEvent, Technical, event

__all__ = [
    "Flow",
    "IntegrationConnected",
    "IntegrationDisconnected",
    "JiraConnected",
    "OutcomeName",
    "ProviderName",
    "RepoSyncCompleted",
    "RepoSyncStarted",
    "SlackConfigured",
    "TriggerName",
]

ProviderName = Literal["github", "jira", "slack"]
Flow = Literal["onboarding", "settings"]
TriggerName = Literal["onboarding", "manual", "scheduled"]
OutcomeName = Literal["success", "partial", "failed"]


@event("integration_connected", tier=1, owner="integrations")
class IntegrationConnected(TeamEvent):
    """A team connected GitHub, Jira or Slack, including the choice of an organization or site.

    Args:
        provider: Provider that was connected.
        flow: Part of the product where the connection was started.
        is_reconnect: Whether the team had connected this provider before.
    """

    provider: ProviderName
    flow: Flow
    is_reconnect: bool


@event("integration_disconnected", tier=1, owner="integrations")
class IntegrationDisconnected(TeamEvent):
    """A team's connection to GitHub, Jira or Slack ended.

    Args:
        provider: Provider that was disconnected.
        reason: Whether a user or the provider ended the connection.
        connected_days: Whole days for which the connection existed.
    """

    provider: ProviderName
    reason: Literal["user", "revoked"]
    connected_days: int


@event("jira_connected", tier=1, owner="integrations")
class JiraConnected(TeamEvent):
    """A team connected Jira, in the onboarding or in settings.

    Args:
        site_url: URL of the customer's Jira site.
    """

    site_url: Organisation


@event("slack_configured", tier=1, owner="integrations")
class SlackConfigured(TeamEvent):
    """A team's Slack features were saved with a change, or for the first time.

    Args:
        surveys_enabled: Whether authors are asked if AI helped.
        leaderboard_enabled: Whether the week's most active people are posted.
        reveals_enabled: Whether the share of AI-assisted pull requests is posted.
    """

    surveys_enabled: bool
    leaderboard_enabled: bool
    reveals_enabled: bool


@event("repo_sync_started", tier=1, owner="integrations")
class RepoSyncStarted(TeamEvent):
    """A background sync of one repository started.

    Args:
        trigger: Trigger of the sync.
        is_initial: Whether no earlier sync of this repository succeeded.
    """

    trigger: TriggerName
    is_initial: bool


@event("repo_sync_completed", tier=1, owner="integrations")
class RepoSyncCompleted(TeamEvent):
    """A background sync of one repository ended, successfully or not.

    Args:
        trigger: Trigger of the sync.
        is_initial: Whether no earlier sync of this repository succeeded.
        outcome: Outcome of the sync.
        prs_synced: Number of pull requests that were synced.
        duration_ms: Duration of the sync in milliseconds, including waits.
        error_type: Class of the exception that ended the sync early.
    """

    trigger: TriggerName
    is_initial: bool
    outcome: OutcomeName
    prs_synced: int
    duration_ms: int
    error_type: Technical | None = None
