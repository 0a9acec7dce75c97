"""The events of connections and syncs."""

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
    """GitHub, Jira or Slack was connected, after a choice of organisation or site too.

    Args:
        provider: which of them.
        flow: from where.
        is_reconnect: whether this team had it before.
    """

    provider: ProviderName
    flow: Flow
    is_reconnect: bool


@event("integration_disconnected", tier=1, owner="integrations")
class IntegrationDisconnected(TeamEvent):
    """A connection that existed was removed.

    Args:
        provider: to what.
        reason: by a user, or because the provider revoked it.
        connected_days: whole days that it had lasted.
    """

    provider: ProviderName
    reason: Literal["user", "revoked"]
    connected_days: int


@event("jira_connected", tier=1, owner="integrations")
class JiraConnected(TeamEvent):
    """Jira was connected, from wherever.

    Args:
        site_url: the customer's site.
    """

    site_url: Organisation


@event("slack_configured", tier=1, owner="integrations")
class SlackConfigured(TeamEvent):
    """Slack's features were saved.

    Args:
        surveys_enabled: whether authors are asked whether AI helped.
        leaderboard_enabled: whether the week's most active are posted.
        reveals_enabled: whether the share of AI-assisted work is revealed.
    """

    surveys_enabled: bool
    leaderboard_enabled: bool
    reveals_enabled: bool


@event("repo_sync_started", tier=1, owner="integrations")
class RepoSyncStarted(TeamEvent):
    """A background sync of one repository has started.

    Args:
        trigger: by what.
        is_initial: whether this repository was never synced to its end before.
    """

    trigger: TriggerName
    is_initial: bool


@event("repo_sync_completed", tier=1, owner="integrations")
class RepoSyncCompleted(TeamEvent):
    """A background sync of one repository has ended, whichever way.

    Args:
        trigger: what had started it.
        is_initial: whether this repository was never synced to its end before.
        outcome: how it ended.
        prs_synced: how many pull requests were read.
        duration_ms: milliseconds from its start, waiting included.
        error_type: the exception's class, if it did not succeed.
    """

    trigger: TriggerName
    is_initial: bool
    outcome: OutcomeName
    prs_synced: int
    duration_ms: int
    error_type: Technical | None = None
