"""Status of a team's syncs, as the integrations page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery

from apps.integrations.connections.lifecycle import live_connection
from apps.integrations.models import Provider, SyncOutcome, SyncRun
from apps.integrations.sync.errors import problem_text
from apps.metrics.models import Repository
from apps.teams.models import Team

__all__ = ["SyncOverview", "SyncState", "sync_overview"]


@dataclass(frozen=True, kw_only=True)
class SyncState:
    """The status of a tracked repository's sync.

    Args:
        repository: the repository.
        run: the latest run; None if the repository was never synced.
        synced_at: when the last successful run ended; None if no run succeeded.
    """

    repository: Repository
    run: SyncRun | None
    synced_at: datetime | None

    @property
    def is_running(self) -> bool:
        """Whether the run continues without a user's help."""
        return self.run is not None and self.run.finished_at is None and not self.run.is_broken_off

    @property
    def problem(self) -> str:
        """The text that says what is wrong and what to do; empty if nothing is wrong."""
        if self.run is None or self.is_running:
            return ""
        if self.run.is_broken_off:
            return "It was broken off. Sync it now to go on; otherwise it goes on within the hour."
        return problem_text(self.run.error_type)


@dataclass(frozen=True, kw_only=True)
class SyncOverview:
    """The content of `integrations/_syncs.html`.

    Args:
        states: the status of each tracked repository, sorted by name.
        is_connected: whether GitHub is connected.
    """

    states: list[SyncState]
    is_connected: bool

    @property
    def is_running(self) -> bool:
        """Whether any of the runs continues without a user's help."""
        return any(state.is_running for state in self.states)


def sync_overview(team: Team) -> SyncOverview:
    """Return the status of a team's syncs; runs three queries, regardless of the number of repositories.

    Args:
        team: the team.
    """
    runs = SyncRun.objects.filter(repository=OuterRef("pk")).order_by("-started_at", "-pk")
    synced = runs.filter(outcome=SyncOutcome.SUCCESS).values("finished_at")
    tracked = team.repositories.filter(is_tracked=True).annotate(
        run_pk=Subquery(runs.values("pk")[:1]), synced_at=Subquery(synced[:1])
    )
    repositories = list(tracked.order_by("full_name"))
    latest = SyncRun.objects.in_bulk([one.run_pk for one in repositories if one.run_pk])
    return SyncOverview(
        states=[
            SyncState(repository=one, run=latest.get(one.run_pk), synced_at=one.synced_at)
            for one in repositories
        ],
        is_connected=live_connection(team, Provider.GITHUB) is not None,
    )
